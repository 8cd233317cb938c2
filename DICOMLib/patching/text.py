"""The rule that corrects the character set of text."""

from __future__ import annotations

import codecs

from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from DICOMLib.patching.rule import DICOMPatcherRule

UTF_8 = "ISO_IR 192"
SINGLE_VALUE_TEXT = ("LT", "ST", "UT")
TEXT = ("LO", "PN", "SH", "UC", *SINGLE_VALUE_TEXT)


class UseCharacterSet(DICOMPatcherRule):
    """Read text in the given character set, whatever the file says, and write it as UTF-8.

    Parameters
    ----------
    parameters
        "CharacterSet": a defined term of Specific Character Set (0008,0005) such as "ISO_IR 144", or a
        Python codec such as "cp1251", for files written in code pages that DICOM does not know.
    """

    label = "Specify character set"
    enabled_by_default = False

    def processStart(self, inputRootDir: str, outputRootDir: str) -> None:
        """Check the character set before a file is touched.

        Raises
        ------
        RuntimeError
            If no character set is given, or an unknown one.
        """
        name = str(self.parameters.get("CharacterSet") or "")
        if not name:
            raise RuntimeError("Specify a character set for the rule UseCharacterSet.")
        self._codec = python_encoding.get(name, name)
        try:
            codecs.lookup(self._codec)
        except LookupError:
            raise RuntimeError(f"{name!r} is neither a DICOM character set nor a Python codec.") from None

    def processDataSet(self, ds: Dataset) -> None:
        """Decode all text; a dataset that is UTF-8 already is left as it is."""
        if ds.get("SpecificCharacterSet") == UTF_8:
            return
        _decode(ds, self._codec)
        ds.SpecificCharacterSet = UTF_8
        self.addLog("converted text to UTF-8")


def _decode(ds: Dataset, codec: str) -> None:
    """Decode the raw bytes of text elements, in nested items too."""
    for tag in list(ds.keys()):
        element = ds.get_item(tag)
        vr = element.VR or _known_vr(element)
        if vr == "SQ":
            for item in ds[tag].value:
                _decode(item, codec)
                item.pop("SpecificCharacterSet", None)
        elif vr in TEXT and isinstance(element, RawDataElement) and isinstance(element.value, bytes):
            text = element.value.decode(codec, "replace").rstrip(" \0")
            ds.add_new(tag, vr, text if vr in SINGLE_VALUE_TEXT else text.split("\\"))


def _known_vr(element: DataElement | RawDataElement) -> str:
    """VR of an implicit VR element, "UN" where the dictionary does not know it."""
    try:
        return dictionary_VR(element.tag)
    except KeyError:
        return "UN"
