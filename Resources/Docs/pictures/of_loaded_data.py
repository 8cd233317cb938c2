"""Segmentations, structures and doses on top of their reference; they need real data."""

from __future__ import annotations

from collections.abc import Sequence

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
    before = {row["SeriesInstanceUID"] for row in core.rows("series")}
    run(import_paths(core, places))
    new = [row for row in core.rows("series") if row["SeriesInstanceUID"] not in before]
    slicer.mrmlScene.Clear(0)
    for modality in modalities:
        DICOMUtils.loadSeriesByUID([row["SeriesInstanceUID"] for row in new if row["Modality"] == modality])
    camera.window.moduleSelector().selectModule("DICOM")
    camera.show_four_views()
    camera.save(name, seconds=1)


ALL = (segmentation, structures, dose)
