"""The Native DICOM Model, that is metadata as XML (PS3.19 section A.1), with large values as bulk data."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, tostring

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag
from pydicom.valuerep import PersonName

from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.standard.tags import keyword_of, tag_text
from DICOMLib.web.server.json_model import UNREADABLE, UTF_8, Header, bulk_vr, told_tags

NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
_CHARACTER_SET = 0x00080005
_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_NAME_PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def native_model(header: Header, url: str) -> bytes:
    """The elements of an instance as a document in UTF-8; `url` is that of the instance."""
    root = Element("NativeDicomModel", {"xmlns": NAMESPACE, "xml:space": "preserve"})
    with no_warnings:
        _add(root, header.dataset, f"{url}/bulkdata")
    if header.pixels is not None:
        tag, vr = header.pixels
        node = _node(header.dataset, BaseTag(tag), vr)
        SubElement(node, "BulkData", {"uri": f"{url}/bulkdata/{tag:08X}"})
        root.append(node)
    # parsers take bare returns for ends of lines
    return tostring(root, "utf-8", xml_declaration=True).replace(b"\r", b"&#13;")


def _add(parent: Element, dataset: Dataset, url: str) -> None:
    """Add the elements of a dataset; those that cannot be decoded are left out."""
    for tag in told_tags(dataset):
        try:
            parent.append(_attribute(dataset, tag, f"{url}/{tag:08X}"))
        except UNREADABLE:
            continue  # a value that is none of its kind


def _attribute(dataset: Dataset, tag: BaseTag, url: str) -> Element:
    if vr := bulk_vr(dataset, tag):
        node = _node(dataset, tag, vr)
        SubElement(node, "BulkData", {"uri": url})
        return node
    element = dataset[tag]
    node = _node(dataset, tag, element.VR)
    if element.VR == "SQ":
        for place, item in enumerate(element.value):
            _add(SubElement(node, "Item", {"number": str(place + 1)}), item, f"{url}/{place}")
    elif isinstance(element.value, bytes):
        if element.value:
            SubElement(node, "InlineBinary").text = base64.b64encode(element.value).decode("ascii")
    elif element.VR == "PN":
        _add_names(node, _values(element))
    else:
        _add_values(node, element)
    return node


def _node(dataset: Dataset, tag: BaseTag, vr: str) -> Element:
    """An attribute without its value; private ones are told by their creator, not by their block."""
    names = {"tag": f"{tag:08X}", "vr": vr}
    creator = dataset.get((tag.group, tag.element >> 8)) if tag.is_private else None
    if creator is not None:
        names |= {"tag": f"{tag.group:04X}00{tag.element & 0xFF:02X}", "privateCreator": _text(creator.value)}
    elif keyword := keyword_of(tag_text(tag)):
        names["keyword"] = keyword
    return Element("DicomAttribute", names)


def _values(element: DataElement) -> list[object]:
    if isinstance(element.value, MultiValue | list):
        return list(element.value)
    return [] if element.value in (None, "") else [element.value]


def _add_values(node: Element, element: DataElement) -> None:
    texts: Iterable[str] = (_text(value) for value in _values(element))
    if element.VR == "AT":
        texts = (f"{value:08X}" for value in _values(element))
    elif element.tag == _CHARACTER_SET:
        texts = [UTF_8]
    for number, text in enumerate(texts, 1):
        SubElement(node, "Value", {"number": str(number)}).text = text


def _add_names(node: Element, names: Iterable[object]) -> None:
    for number, name in enumerate(names, 1):
        person = SubElement(node, "PersonName", {"number": str(number)})
        groups = PersonName(str(name)).components
        for group_name, group in zip(_NAME_GROUPS, groups, strict=False):
            if group:
                group_node = SubElement(person, group_name)
                for part_name, part in zip(_NAME_PARTS, group.split("^"), strict=False):
                    if part:
                        SubElement(group_node, part_name).text = _text(part)


def _text(value: object) -> str:
    """A value as the file has it, without what no XML can hold."""
    return _NOT_IN_XML.sub("\ufffd", "" if value is None else str(value))
