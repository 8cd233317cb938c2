"""Segmentations, structures and doses on top of their reference; they need real data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pydicom
from pictures.camera import Camera

SEGMENTATIONS = "dcmqi/data/segmentations"


def segmentation(camera: Camera) -> None:
    """A SEG over its CT."""
    _loaded(camera, "loaded-seg", [f"{SEGMENTATIONS}/ct-3slice", f"{SEGMENTATIONS}/liver.dcm"], ["CT", "SEG"])


def structures(camera: Camera) -> None:
    """An RTSTRUCT over its CT."""
    folder = "ibsi-sts-001/ibsi_validation/dicom/STS_001/CT"
    _loaded(camera, "loaded-rtstruct", [f"{folder}/image", f"{folder}/mask"], ["CT", "RTSTRUCT"])


def dose(camera: Camera) -> None:
    """An RTDOSE over the CT it was planned on."""
    files = [f"dicompyler-core/{name}.dcm" for name in ("ct.0", "rtss", "rtplan", "rtdose")]
    _loaded(camera, "loaded-rtdose", files, ["CT", "RTSTRUCT", "RTDOSE"])


def _series_of(places: Sequence[Path]) -> dict[str, str]:
    """The series of files and folders with their modalities."""
    paths = [path for place in places for path in ([place] if place.is_file() else place.rglob("*.dcm"))]
    headers = [pydicom.dcmread(path, specific_tags=["SeriesInstanceUID", "Modality"]) for path in paths]
    return {header.SeriesInstanceUID: header.Modality for header in headers}


def _loaded(camera: Camera, name: str, paths: Sequence[str], modalities: Sequence[str]) -> None:
    """Import files and load their series in the order of the modalities, as the button Load does."""
    import slicer

    from DICOMLib import DICOMUtils
    from DICOMLib.core.jobs import run
    from DICOMLib.indexing import import_paths

    places = [camera.data / path for path in paths]
    if not all(place.exists() for place in places):
        print(f"{name}: skipped, there is no {paths[0]} in {camera.data}")
        return
    core = slicer.dicomDatabase.core
    wanted = _series_of(places)
    for uid in wanted:  # of which another picture may have imported other files
        slicer.dicomDatabase.removeSeries(uid)
    run(import_paths(core, places))
    slicer.mrmlScene.Clear(0)
    for modality in modalities:
        DICOMUtils.loadSeriesByUID([uid for uid, found in wanted.items() if found == modality])
    camera.window.moduleSelector().selectModule("DICOM")
    camera.show_four_views()
    camera.save(name, seconds=1)


ALL = (segmentation, structures, dose)
