"""Measurement reports (TID 1500, PS3.16): what was measured, where, and on which images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from DICOMLib.mrml.codes import NO_CODE, Code, first_code
from DICOMLib.mrml.documents.region_shapes import Region

# SOP classes that can hold the template: Enhanced, Comprehensive and Comprehensive 3D SR.
SOP_CLASSES = tuple(f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (22, 33, 34))
TEMPLATE = "1500"
SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")

# Content items that others may refer to, of which measurements are made.
REFERABLE = ("SCOORD", "SCOORD3D", "IMAGE")

# Concepts by (code value, scheme); those of SNOMED also with their older codes.
MEASUREMENT_GROUP = {("125007", "DCM")}
TRACKING_ID, TRACKING_UID = {("112039", "DCM")}, {("112040", "DCM")}
FINDING = {("121071", "DCM")}
FINDING_SITE = {("363698007", "SCT"), ("G-C0E3", "SRT")}
DERIVATION = {("121401", "DCM")}
REFERENCED_SEGMENT = {("121191", "DCM"), ("121214", "DCM")}
PERSON_OBSERVER_NAME = {("121008", "DCM")}
GEOMETRIC_PURPOSE = {("130400", "DCM")}
BOUNDED_BY = ("75958009", "SCT")
LENGTHS = {("410668003", "SCT"), ("G-D7FE", "SRT"), ("103339001", "SCT"), ("81827009", "SCT")}


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number with its unit, and where it was taken."""

    quantity: Code
    value: str
    units: Code
    derivation: Code = NO_CODE
    regions: tuple[Region, ...] = ()

    @property
    def title(self) -> str:
        """What was measured and the unit, such as "Volume [ml]" or "SUVbw Mean [g/ml]"."""
        words = [word for word in (self.quantity.meaning, self.derivation.meaning) if word]
        return f"{' '.join(words)} [{self.units.value}]"


@dataclass(slots=True)
class MeasurementGroup:
    """All that is said of one finding."""

    tracking_id: str = ""
    tracking_uid: str = ""
    finding: Code = NO_CODE
    sites: list[Code] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    evaluations: list[tuple[str, str]] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    segments: list[tuple[str, int]] = field(default_factory=list)

    def measured_regions(self) -> Iterator[tuple[Measurement, Region]]:
        """Each measurement with each region that it was taken of."""
        for measurement in self.measurements:
            for region in measurement.regions:
                yield measurement, region


@dataclass(frozen=True, slots=True)
class Report:
    """A measurement report.

    Parameters
    ----------
    observer
        Name of the person who measured; empty if unknown.
    groups
        What was measured.
    """

    observer: str
    groups: list[MeasurementGroup]


def is_measurement_report(dataset: Any) -> bool:
    """Whether the root of a document follows the template."""
    templates = dataset.get("ContentTemplateSequence")
    return len(templates or ()) > 0 and str(templates[0].get("TemplateIdentifier", "")) == TEMPLATE


def read_report(dataset: Any) -> Report:
    """Read a measurement report; what it holds beside measurement groups is passed over.

    Content items that refer to coordinates or images elsewhere in the report are replaced by these.
    """
    everything = list(_descendants(dataset))
    _resolve_references(dataset, everything)
    observers = [_text(item) for item in everything if _concept(item).key in PERSON_OBSERVER_NAME]
    groups = [_group(item) for item in everything if _concept(item).key in MEASUREMENT_GROUP]
    return Report(next(iter(observers), ""), groups)


def evidence(dataset: Any) -> dict[str, list[tuple[str, str]]]:
    """SOP Class and Instance UIDs that the report is based on, by Series Instance UID."""
    found: dict[str, list[tuple[str, str]]] = {}
    for sequence in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence"):
        for study in dataset.get(sequence) or ():
            for series in study.get("ReferencedSeriesSequence") or ():
                instances = found.setdefault(str(series.get("SeriesInstanceUID", "")), [])
                for item in series.get("ReferencedSOPSequence") or ():
                    instances.append((str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID)))
    return found


# -- content items


def _children(item: Any) -> Any:
    return item.get("ContentSequence") or ()


def _descendants(item: Any) -> Iterator[Any]:
    for child in _children(item):
        yield child
        yield from _descendants(child)


def _resolve_references(dataset: Any, items: Iterable[Any]) -> None:
    """Put what is referred to (PS3.3 C.17.3.2.5) where it is referred to.

    Only what has no measurements below it, so that nothing is read twice or runs in a circle.
    """
    for item in [dataset, *items]:
        children = _children(item)
        for index, child in enumerate(children):
            target = _at(dataset, child.get("ReferencedContentItemIdentifier"))
            if target is not None and target.get("ValueType") in REFERABLE:
                children[index] = target


def _at(dataset: Any, path: Any) -> Any:
    """The content item at a position such as 1, 4, 2, whose first number is the document; None without."""
    if path is None:
        return None
    item = dataset
    for number in np.atleast_1d(np.array(path, int))[1:]:
        children = _children(item)
        if not 1 <= number <= len(children):
            return None
        item = children[int(number) - 1]
    return item


def _concept(item: Any) -> Code:
    return first_code(item, "ConceptNameCodeSequence")


def _text(item: Any) -> str:
    """The value of a content item as text."""
    kind = item.get("ValueType")
    if kind == "CODE":
        return first_code(item, "ConceptCodeSequence").meaning
    keyword = {"TEXT": "TextValue", "UIDREF": "UID", "PNAME": "PersonName", "DATE": "Date", "TIME": "Time"}
    return str(item.get(keyword.get(kind, "DateTime")) or "")


def _group(container: Any) -> MeasurementGroup:
    group = MeasurementGroup()
    for item in _children(container):
        concept, kind = _concept(item).key, item.get("ValueType")
        if concept in TRACKING_ID:
            group.tracking_id = _text(item)
        elif concept in TRACKING_UID:
            group.tracking_uid = _text(item)
        elif concept in FINDING:
            group.finding = first_code(item, "ConceptCodeSequence")
        elif concept in FINDING_SITE:
            group.sites.append(first_code(item, "ConceptCodeSequence"))
        elif kind == "NUM":
            group.measurements += _measurements(item)
        elif kind in ("SCOORD", "SCOORD3D"):
            group.regions += _regions(item)
        elif kind == "IMAGE":
            group.segments += _segments(item)
        elif kind in ("CODE", "TEXT"):
            group.evaluations.append((_concept(item).meaning, _text(item)))
    return group


def _measurements(item: Any) -> list[Measurement]:
    derivations = [child for child in _children(item) if _concept(child).key in DERIVATION]
    derivation = first_code(derivations[0], "ConceptCodeSequence") if derivations else NO_CODE
    drawn = [child for child in _children(item) if child.get("ValueType") in ("SCOORD", "SCOORD3D")]
    regions = tuple(region for child in drawn for region in _regions(child))
    return [
        Measurement(
            _concept(item),
            str(value.get("NumericValue", "")),
            first_code(value, "MeasurementUnitsCodeSequence"),
            derivation,
            regions,
        )
        for value in item.get("MeasuredValueSequence") or ()
    ]


def _segments(item: Any) -> list[tuple[str, int]]:
    """SOP Instance UID and Segment Number of segments that an image reference names."""
    found = []
    for reference in item.get("ReferencedSOPSequence") or ():
        numbers = reference.get("ReferencedSegmentNumber")
        if str(reference.get("ReferencedSOPClassUID", "")) in SEGMENTATIONS and numbers is not None:
            every = numbers if hasattr(numbers, "__iter__") else [numbers]
            found += [(str(reference.ReferencedSOPInstanceUID), int(number)) for number in every]
    return found


def _regions(item: Any) -> list[Region]:
    size = 3 if item.get("ValueType") == "SCOORD3D" else 2
    data = np.array(item.get("GraphicData") or [], float)
    if not data.size or data.size % size:
        return []
    purposes = [child for child in _children(item) if _concept(child).key in GEOMETRIC_PURPOSE]
    is_box = any(first_code(purpose, "ConceptCodeSequence").key == BOUNDED_BY for purpose in purposes)
    image_uid, frame = "", 1
    for child in _children(item):
        for reference in child.get("ReferencedSOPSequence") or ():
            image_uid = str(reference.get("ReferencedSOPInstanceUID", ""))
            numbers: Any = reference.get("ReferencedFrameNumber") or 1
            frame = int(numbers[0] if hasattr(numbers, "__iter__") else numbers)
    return [Region(str(item.get("GraphicType", "")), data.reshape(-1, size), image_uid, frame, is_box)]
