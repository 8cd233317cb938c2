"""Export of images whose low values are bright: they look the same where they are shown again."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from pydicom.pixels import pixel_array

from DICOMLib.plugins.export_preview import preview_notes
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, loaded_back, offered
from Testing.DICOMPlugins.loading import import_files, load_series, of_class
from Testing.image_series import heights, stack, write
from Testing.validation import dciodvfy_errors

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMScalarVolumePlugin"
GREY, INVERTED = "vtkMRMLColorTableNodeGrey", "vtkMRMLColorTableNodeInvertedGrey"


@pytest.fixture
def loaded(database, tmp_path):
    """Loads images of an interpretation; the node."""

    def make(interpretation):
        files = stack(heights(0, 3, 6), PhotometricInterpretation=interpretation)
        write(files, tmp_path / "files")
        nodes = load_series(*import_files(tmp_path / "in", tmp_path / "files"))
        (node,) = of_class(nodes, "vtkMRMLScalarVolumeNode")
        return node

    return make


def item_of(node):
    return hierarchy().GetItemByDataNode(node)


@pytest.mark.parametrize("modality", ["CT", "MR", "CR", "OT", "MG"])
def test_images_keep_what_is_bright(loaded, tmp_path, modality):
    node = loaded("MONOCHROME1")
    report = exported(item_of(node), PLUGIN, tmp_path / "out", Modality=modality)
    images = datasets(report)
    assert {image.PhotometricInterpretation for image in images} == {"MONOCHROME1"}
    assert not [error for error in dciodvfy_errors(report.files) if "Photometric" in error]
    voxels = slicer.util.arrayFromVolume(node)
    assert np.array_equal([pixel_array(image) for image in images], voxels)
    again = loaded_back(tmp_path / "out", images[0].SeriesInstanceUID)
    assert again.GetDisplayNode().GetColorNodeID() == INVERTED
    assert np.array_equal(slicer.util.arrayFromVolume(again), voxels)


def test_images_that_may_not_say_so(loaded, tmp_path):
    (exportable,) = offered(item_of(loaded("MONOCHROME1")), PLUGIN)
    assert not [note for note in preview_notes([exportable]) if "MONOCHROME1" in note]
    exportable.setTag("Modality", "PT")
    assert len([note for note in preview_notes([exportable]) if "MONOCHROME1" in note]) == 1
    report = exported(exportable.subjectHierarchyItemID, PLUGIN, tmp_path / "out", Modality="PT")
    assert {image.PhotometricInterpretation for image in datasets(report)} == {"MONOCHROME2"}


@pytest.mark.parametrize(("interpretation", "shown"), [("MONOCHROME2", INVERTED), ("MONOCHROME1", GREY)])
def test_source_and_view_must_agree(loaded, tmp_path, interpretation, shown):
    node = loaded(interpretation)
    node.GetDisplayNode().SetAndObserveColorNodeID(shown)
    images = datasets(exported(item_of(node), PLUGIN, tmp_path / "out"))
    assert {image.PhotometricInterpretation for image in images} == {"MONOCHROME2"}
