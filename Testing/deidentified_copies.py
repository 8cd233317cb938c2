"""Copies without identity, as the tests of de-identification make and read them."""

from __future__ import annotations

import pydicom

from DICOMLib.core.jobs import run
from DICOMLib.deidentification import Profile, deidentify


def texts(dataset):
    """All values at any depth as text, private ones and file meta included."""
    for element in [*dataset.iterall(), *dataset.file_meta]:
        if element.VR != "SQ" and element.tag != 0x7FE00010:
            yield str(element.value)


def copies(report, kind):
    """De-identified datasets of a modality."""
    found = [pydicom.dcmread(path) for _, path in report.written]
    return [one for one in found if one.Modality == kind]


def deidentified(files, folder, *options, identities=None):
    report = run(deidentify(files, folder, Profile(frozenset(options)), identities))
    assert report.failed == []
    return report
