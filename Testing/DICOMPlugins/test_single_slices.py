"""Series of single slices that make no volume together: what is drawn on one of them stays there."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.plugins.load import load_series
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, ijk_to_ras
from Testing.DICOMPlugins.loading import import_files, masks_in_world, points_of

pytestmark = pytest.mark.mrml

PLUGIN = "DicomRtImportExportPlugin"
PROJECTIONS = "pydicom/src/pydicom/data/test_files/dicomdirtests/98892003/MR700"


def drawn_on(volume):
    """Item of a segmentation of some voxels of a volume."""
    tree = hierarchy()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Drawn")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    mask = np.zeros(slicer.util.arrayFromVolume(volume).shape, np.uint8)
    mask[0, 4:7, 8:11] = 1
    segment_id = node.GetSegmentation().AddEmptySegment("Drawn", "Drawn")
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, segment_id, volume)
    item = tree.GetItemByDataNode(node)
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(volume)))
    return int(item), mask


@pytest.mark.parametrize("number", [0, 3, 6])
@pytest.mark.parametrize("loaded", ["all", "own", "others", "none"])
def test_contours_come_back_on_their_own_slice(database, shared_data, tmp_path, number, loaded):
    (uid,) = import_files(tmp_path / "imported", *sorted((shared_data / PROJECTIONS).iterdir()))
    assert run(load_series([uid])).failed == []
    volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    assert len(volumes) == 7
    volume = volumes[number]
    matrix = ijk_to_ras(volume)
    item, mask = drawn_on(volume)
    (written,) = datasets(exported(item, PLUGIN, tmp_path / "out"))
    kept = {"all": range(7), "own": [number], "others": set(range(7)) - {number}, "none": ()}[loaded]
    for index, other in enumerate(volumes):
        if index not in kept:
            slicer.mrmlScene.RemoveNode(other)
    slicer.mrmlScene.RemoveNode(slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode"))

    assert DICOMUtils.importDicom(tmp_path / "out")
    report = run(load_series([written.SeriesInstanceUID]))
    assert report.failed == []
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
    ((voxels, place),) = masks_in_world(node).values()
    assert points_of(voxels, place) == points_of(mask, matrix)
