"""Enhanced US volumes and GE ABUS: names, warnings, views and the tree, as Slicer's plugins have them."""

from __future__ import annotations

import numpy as np
import pytest

from Testing.DICOMPlugins.test_ultrasound_volumes import abus, examined
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml

ENHANCED_US = "1.2.840.10008.5.1.4.1.1.6.2"
EXPERIMENTAL = "Loading of this image type is experimental"


@pytest.fixture
def offered_volumes(database, tmp_path):
    """Imports Enhanced US Volume instances, and gives the plugin and what it offers."""
    import slicer

    from DICOMLib import DICOMUtils

    def make(*datasets):
        paths = write(datasets, tmp_path / "files")
        assert DICOMUtils.importDicom(tmp_path / "files")
        plugin = slicer.modules.dicomPlugins["DICOMEnhancedUSVolumePlugin"]()
        return plugin, plugin.examineForImport([paths])

    return make


def enhanced(**attributes):
    given = {"SOPClassUID": ENHANCED_US, "Modality": "US", "NumberOfFrames": 2}
    return image(**{**given, "pixels": np.zeros((2, 4, 5), np.uint8), **attributes})


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({}, "7: US Axial [1]"),
        ({"SeriesDescription": None}, "7: US volume [1]"),
        ({"SeriesNumber": None, "InstanceNumber": None}, "US Axial"),
    ],
)
def test_names_of_enhanced_volumes(offered_volumes, attributes, name):
    _plugin, (loadable,) = offered_volumes(enhanced(**attributes))
    assert loadable.name == name


def test_offers_of_enhanced_volumes(offered_volumes):
    _plugin, loadables = offered_volumes(enhanced(), enhanced(InstanceNumber=2), image())
    assert [(one.confidence, one.selected, len(one.files)) for one in loadables] == [(0.8, True, 1)] * 2
    assert {one.tooltip for one in loadables} == {"Ultrasound volume"}
    assert all(one.warning.startswith(EXPERIMENTAL) for one in loadables)
    assert [(one.singleSequence, one.grayscale) for one in loadables] == [(False, True)] * 2


def test_an_enhanced_volume_that_cannot_be_read(offered_volumes, tmp_path):
    plugin, (loadable,) = offered_volumes(enhanced())
    (tmp_path / "files" / "0000.dcm").write_bytes(b"no image any more")
    with pytest.raises(ValueError, match="ultrasound volume cannot be read"):
        plugin.load(loadable)


def test_offer_of_abus(database, tmp_path):
    _plugin, (loadable,) = examined(abus(SeriesDescription="AP"), tmp_path / "files")
    assert (loadable.name, loadable.tooltip) == ("7: US AP [1]", "GE Invenia ABUS")
    assert loadable.warning.startswith(EXPERIMENTAL)


def test_abus_in_the_tree_and_the_views(database, scene, tmp_path):
    import slicer

    plugin, (loadable,) = examined(abus(), tmp_path / "files")
    node = plugin.load(loadable)
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    items = [tree.GetItemByDataNode(one) for one in (node, node.GetParentTransformNode())]
    assert tree.GetItemParent(items[0]) == tree.GetItemParent(items[1])
    assert tree.GetItemLevel(tree.GetItemParent(items[0])) == "Study"
    selection = slicer.app.applicationLogic().GetSelectionNode()
    assert selection.GetActiveVolumeID() == node.GetID()


@pytest.mark.parametrize("missing", ["PixelSpacing", "SpacingBetweenSlices"])
def test_abus_without_spacing(database, scene, tmp_path, missing):
    plugin, (loadable,) = examined(abus(**{missing: None}), tmp_path / "files")
    with pytest.raises(ValueError, match=missing):
        plugin.load(loadable)


def test_what_the_scanner_tells_besides_its_geometry(database, scene, tmp_path):
    private = {0x40: 235.0, 0x41: 0.0, 0x63: 5.0, 0x20: [12.5, -3.0], 0x21: 7.25, 0x62: 2.0}
    plugin, (loadable,) = examined(abus(private=private), tmp_path / "files")
    node = plugin.load(loadable)
    assert node.GetAttribute("DICOM.NipplePosition") == "12.5\\-3.0"
    assert node.GetAttribute("DICOM.FirstElementPosition") == "7.25"
    assert node.GetAttribute("DICOM.LineDensity") == "2.0"


def test_what_the_scanner_need_not_tell(database, scene, tmp_path):
    plugin, (loadable,) = examined(abus(), tmp_path / "files")
    assert plugin.load(loadable).GetAttribute("DICOM.NipplePosition") is None


def test_an_enhanced_volume_becomes_the_active_one(offered_volumes, scene):
    import slicer

    plugin, loadables = offered_volumes(enhanced(), enhanced(InstanceNumber=2))
    for loadable in loadables:
        node = plugin.load(loadable)
        selection = slicer.app.applicationLogic().GetSelectionNode()
        assert selection.GetActiveVolumeID() == node.GetID()
