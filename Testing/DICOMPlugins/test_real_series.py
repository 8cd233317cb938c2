"""Every CT, MR and PET series of the shared data: voxels and geometry against pydicom, and against ITK.

The reference is computed here from the attributes of each file (PS3.3 C.7.6.2, C.11.1), with nothing of the
project. What cannot be compared is named below with its reason.
"""

from __future__ import annotations

import csv
import json
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
)

from Testing.conftest import SHARED
from Testing.DICOMLib.cli.commands import slicer_dicom
from Testing.nrrd import read_nrrd

pytestmark = [pytest.mark.mrml]

MODALITIES = ("CT", "MR", "PT")
IMAGE_CLASSES = {
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    MRImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    PositronEmissionTomographyImageStorage,
}

AXIAL = np.array([1.0, 0, 0, 0, 1, 0])

# Series (end of their UID) that cannot be loaded as a volume, and why.
UNREADABLE = {
    "064330327590": "the files have no pixel data",
}
# Series that pydicom cannot decode; they are loaded by GDCM.
NOT_BY_PYDICOM = {"78668949.890": "one image is compressed by JPEG process 6, one by process 10"}
# Series that the GDCM reader does not read, or reads otherwise.
NOT_AS_GDCM = {
    "562673.14401": "it reads no series of multi-frame files",
    "232823.0.0.0": "it reads no series of multi-frame files",
    "615250908935": "it takes one rescale slope for all frames, and a spacing of 1 mm",
    "992152438492": "it ignores Spacing Between Slices of multi-frame files",
    "04.16302.0.2": "it reads one of two images that are perpendicular to each other",
}


def end(uid: str) -> str:
    """How series are named in this file."""
    return uid[-12:]


def series_of_manifest() -> dict[str, list[Path]]:
    """Files of each image series, by series UID."""
    manifest = SHARED / "data" / "MANIFEST.tsv"
    if not manifest.is_file():
        return {}
    series: dict[str, list[Path]] = {}
    with manifest.open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["modality"] in MODALITIES and row["sop_class_uid"] in IMAGE_CLASSES:
                series.setdefault(row["series_uid"], []).append(SHARED / "data" / row["path"])
    return series


SERIES = series_of_manifest()


def test_each_class_is_among_the_series(shared_data):
    with (shared_data / "MANIFEST.tsv").open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        found = {row["sop_class_uid"] for row in rows if row["series_uid"] in SERIES}
    assert found >= IMAGE_CLASSES


def read(path: str) -> pydicom.Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True)


def pixels(dataset: pydicom.Dataset) -> np.ndarray:
    """Stored values, shape (frames, rows, columns)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns).astype(np.float64)


def numbers(dataset, keyword, default=None):
    value = dataset.get(keyword)
    return np.array(value, float) if value is not None and value != "" else default


def frames_of(dataset):
    """(values, position, orientation, spacing, claimed slice spacing) of each frame."""
    groups = dataset.get("PerFrameFunctionalGroupsSequence")
    for index, stored in enumerate(pixels(dataset)):
        if not groups:
            slope, intercept = dataset.get("RescaleSlope") or 1, dataset.get("RescaleIntercept") or 0
            plane = numbers(dataset, "ImageOrientationPatient", AXIAL)
            claimed = dataset.get("SpacingBetweenSlices")
            step = np.cross(plane[:3], plane[3:]) * float(claimed or 1)
            yield (
                stored * float(slope) + float(intercept),
                numbers(dataset, "ImagePositionPatient", np.zeros(3)) + index * step,
                plane,
                numbers(dataset, "PixelSpacing", np.ones(2)),
                claimed,
            )
            continue
        both = [groups[index], dataset.SharedFunctionalGroupsSequence[0]]
        macro = lambda name: next((g[name].value[0] for g in both if name in g), pydicom.Dataset())  # noqa: E731, B023
        rescale, measures = macro("PixelValueTransformationSequence"), macro("PixelMeasuresSequence")
        yield (
            stored * float(rescale.get("RescaleSlope", 1)) + float(rescale.get("RescaleIntercept", 0)),
            numbers(macro("PlanePositionSequence"), "ImagePositionPatient", np.zeros(3)),
            numbers(macro("PlaneOrientationSequence"), "ImageOrientationPatient", AXIAL),
            numbers(measures, "PixelSpacing", np.ones(2)),
            measures.get("SpacingBetweenSlices"),
        )


def reference(files):
    """Values (slices, rows, columns) and IJK to RAS of the volume that the files make."""
    datasets = [read(path) for path in files]
    frames = [frame for dataset in datasets for frame in frames_of(dataset)]
    row, column = frames[0][2].reshape(2, 3)
    normal = np.cross(row, column)
    heights = np.array([frame[1] @ normal for frame in frames])
    distinct = np.unique(heights.round(3))
    parallel = all(np.allclose(frame[2], frames[0][2], atol=1e-6) for frame in frames)
    is_classic = not any("PerFrameFunctionalGroupsSequence" in dataset for dataset in datasets)
    is_stack = is_classic or (parallel and len(distinct) == len(frames))
    if is_stack:
        frames = [frames[index] for index in np.argsort(heights, kind="stable")]
    difference = (frames[-1][1] - frames[0][1]) / max(1, len(frames) - 1)
    if len(frames) == 1:
        step = normal * float(frames[0][4] or 1)
    elif is_stack:
        step = difference if np.linalg.norm(difference) > 1e-6 else normal
    else:
        step = normal * (np.median(np.diff(distinct)) if len(distinct) > 1 else float(frames[0][4] or 1))
    between_rows, between_columns = frames[0][3]
    lps = np.eye(4)
    lps[:3] = np.column_stack((row * between_columns, column * between_rows, step, frames[0][1]))
    return np.array([frame[0] for frame in frames]), np.diag([-1, -1, 1, 1]) @ lps


@pytest.fixture(scope="module")
def loaded_database(host, tmp_path_factory):
    """All series in one database."""
    import slicer

    from DICOMLib import DICOMUtils

    folder = tmp_path_factory.mktemp("database")
    slicer.dicomDatabase.openDatabase(str(folder / "ctkDICOM.sql"))
    for parent in sorted({path.parent for files in SERIES.values() for path in files}):
        assert DICOMUtils.importDicom(parent)
    yield slicer.dicomDatabase
    slicer.dicomDatabase.closeDatabase()
    slicer.mrmlScene.Clear(0)


def preferred(database, uid):
    """The plugin and the loadables of highest confidence for a series."""
    import slicer

    from DICOMLib import DICOMUtils

    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    loadables = plugin.examineForImport([database.filesForSeries(uid)])
    DICOMUtils.selectHighestConfidenceLoadables({plugin: loadables})
    return plugin, [loadable for loadable in loadables if loadable.selected]


def load(plugin, loadable, *approach):
    """Voxels and matrix of the volume, which is removed again; None if there is none."""
    import slicer

    from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

    node = plugin.load(loadable, *approach)
    if node is None:
        return None
    result = slicer.util.arrayFromVolume(node).copy(), ijk_to_ras_of(node)
    slicer.mrmlScene.RemoveNode(node)
    return result


@pytest.mark.parametrize("uid", [uid for uid in SERIES if end(uid) not in NOT_BY_PYDICOM], ids=end)
def test_equals_pydicom(loaded_database, uid):
    plugin, loadables = preferred(loaded_database, uid)
    assert loadables
    for loadable in loadables:
        result = load(plugin, loadable)
        assert (result is None) == (end(uid) in UNREADABLE)
        if result is not None:
            voxels, matrix = reference(loadable.files)
            assert np.allclose(result[1], matrix, atol=1e-4)
            assert np.array_equal(result[0], voxels)


@pytest.mark.parametrize("uid", [uid for uid in SERIES if end(uid) not in UNREADABLE], ids=end)
def test_equals_gdcm(loaded_database, uid):
    plugin, loadables = preferred(loaded_database, uid)
    assert loadables
    for loadable in loadables:
        ours, itk = load(plugin, loadable), load(plugin, loadable, "GDCM")
        same = itk is not None and np.allclose(ours[1], itk[1], atol=1e-4) and np.array_equal(ours[0], itk[0])
        assert same != (end(uid) in NOT_AS_GDCM)


@pytest.mark.slow
def test_the_commands_write_the_same_volumes(shared_data, tmp_path):
    """`slicer-dicom import` and `slicer-dicom load --all`: each file that they write holds its series."""
    folders = [shared_data / name for name in ("slicer", "rt-utils", "dicom-numpy", "tcia-sts-001-pet")]
    imported = slicer_dicom("import", *folders, "--database", "db", "--json", folder=tmp_path)
    assert json.loads(imported.stdout)["instances"] > 300
    result = slicer_dicom("load", "--database", "db", "--all", "--output", "out", "--json", folder=tmp_path)
    written = [entry for entry in json.loads(result.stdout) if entry["class"] == "vtkMRMLScalarVolumeNode"]
    whole = [entry for entry in written if [one["series"] for one in written].count(entry["series"]) == 1]
    rows = json.loads(slicer_dicom("list", "instances", "--database", "db", "--json", folder=tmp_path).stdout)
    files = {uid: [row["Filename"] for row in rows if row["SeriesInstanceUID"] == uid] for uid in SERIES}
    compared = {entry["series"]: entry["file"] for entry in whole if entry["series"] in SERIES}
    assert len(compared) >= 4
    for uid, name in compared.items():
        voxels, matrix = read_nrrd(tmp_path / name)
        expected, expected_matrix = reference(files[uid])
        assert np.array_equal(voxels, expected), uid
        assert np.allclose(matrix, expected_matrix, atol=1e-4), uid
