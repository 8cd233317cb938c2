"""Sequences of volumes with uneven slices: each lies where it was acquired, also in what is exported."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
import vtk

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import export
from Testing.DICOMPlugins.exporting import datasets, hierarchy, ijk_to_ras, offered
from Testing.DICOMPlugins.loading import load_series, of_class, offers
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMVolumeSequencePlugin"
HEIGHTS = (0, 3, 7, 10, 14)  # mm; even ones are 0, 3.5, 7, 10.5, 14
SERIES = "1.2.3.4"
WEIGHTED = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "Modality": "MR"}


def make(folder, directions=None, **attributes):
    """Two volumes of uneven slices, 10 s apart; pixels are 100 times the height, and 1 in the second."""
    images = []
    for time in range(2):
        for height in HEIGHTS:
            one = image(
                (1, 2, height),
                InstanceNumber=len(images) + 1,
                AcquisitionTime=f"1000{10 * time:02d}",
                pixels=np.full((4, 5), 100 * height + time, np.int16),
                **attributes,
            )
            if directions:
                one.DiffusionBValue, one.DiffusionGradientOrientation = directions[time]
            images.append(one)
    write(images, folder)
    assert DICOMUtils.importDicom(folder)


def shown(sequence):
    """The browser and the node that shows the volumes."""
    browser = slicer.modules.sequences.logic().GetFirstBrowserNodeForSequenceNode(sequence)
    return browser, browser.GetProxyNode(sequence)


def heights_in_world(proxy):
    """Where the transform of a node puts its slices."""
    to_world = vtk.vtkGeneralTransform()
    proxy.GetParentTransformNode().GetTransformToWorld(to_world)
    matrix = ijk_to_ras(proxy)
    points = [matrix @ (2, 1, k, 1) for k in range(len(HEIGHTS))]
    return [to_world.TransformPoint(point[:3])[2] for point in points]


@pytest.mark.parametrize("directions", [None, [(0.0, [0.0, 0.0, 0.0]), (1000.0, [1.0, 0.0, 0.0])]])
def test_each_volume_lies_where_it_was_acquired(database, settings, tmp_path, directions):
    make(tmp_path / "files", directions, **(WEIGHTED if directions else {}))
    (sequence,) = of_class(load_series(SERIES), "vtkMRMLSequenceNode")
    browser, proxy = shown(sequence)
    for number in range(2):
        browser.SetSelectedItemNumber(number)
        assert np.allclose(heights_in_world(proxy), HEIGHTS, atol=1e-3)
        found = slicer.util.arrayFromVolume(proxy)[:, 0, 0]
        assert found.tolist() == [100 * height + number for height in HEIGHTS]
    transform = proxy.GetParentTransformNode()
    tree = hierarchy()
    parents = {tree.GetItemParent(tree.GetItemByDataNode(node)) for node in (proxy, transform)}
    assert len(parents) == 1


def test_slices_against_the_axis(database, settings, tmp_path):
    """The normal of the images runs to the feet, so that the first slice is the highest."""
    make(tmp_path / "files", ImageOrientationPatient=[-1, 0, 0, 0, 1, 0])
    (sequence,) = of_class(load_series(SERIES), "vtkMRMLSequenceNode")
    _browser, proxy = shown(sequence)
    voxels = slicer.util.arrayFromVolume(proxy)[:, 0, 0]
    assert np.allclose(np.array(heights_in_world(proxy)) * 100, voxels, atol=0.1)


def test_what_is_exported_lies_where_it_was_acquired(database, settings, tmp_path):
    make(tmp_path / "files")
    (sequence,) = of_class(load_series(SERIES), "vtkMRMLSequenceNode")
    _browser, proxy = shown(sequence)
    exportables = offered(int(hierarchy().GetItemByDataNode(proxy)), PLUGIN)
    written = datasets(run(export(exportables, tmp_path / "out")))
    places = [(one.AcquisitionNumber, *map(float, one.ImagePositionPatient)) for one in written]
    assert np.allclose(places, [(time, 1, 2, height) for time in (1, 2) for height in HEIGHTS])
    assert [one.pixel_array[0, 0] for one in written] == [
        100 * height + time for time in range(2) for height in HEIGHTS
    ]


def test_nothing_is_done_where_the_settings_say_so(database, settings, tmp_path):
    settings.setValue("DICOM/ScalarVolume/AcquisitionGeometryRegularization", "none")
    make(tmp_path / "files")
    (loadable,) = offers(PLUGIN, SERIES)
    assert loadable.warning.startswith("The slices of the volumes will lie at even distances, which is wrong")
    (sequence,) = of_class(load_series(SERIES), "vtkMRMLSequenceNode")
    assert shown(sequence)[1].GetParentTransformNode() is None


def test_all_volumes_are_resampled_where_the_settings_say_so(database, settings, tmp_path):
    settings.setValue("DICOM/ScalarVolume/AcquisitionGeometryRegularization", "hardenTransform")
    make(tmp_path / "files")
    (sequence,) = of_class(load_series(SERIES), "vtkMRMLSequenceNode")
    browser, proxy = shown(sequence)
    assert slicer.util.getNodesByClass("vtkMRMLGridTransformNode") == []
    for number in range(2):
        browser.SetSelectedItemNumber(number)
        assert proxy.GetParentTransformNode() is None
        for node in (proxy, sequence.GetNthDataNode(number)):
            voxels, matrix = slicer.util.arrayFromVolume(node), ijk_to_ras(node)
            found = [(matrix @ (2, 1, k, 1))[2] for k in range(len(voxels))]
            inside = [k for k, height in enumerate(found) if 0 <= height <= HEIGHTS[-1]]
            assert len(inside) >= len(HEIGHTS)
            # pixels are linear in the height between the slices
            expected = [100 * found[k] + number for k in inside]
            assert np.allclose(voxels[inside, 1, 2], expected, atol=1.5)
