"""Classes of Slicer's application that scripts use."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


def test_node_factory(scene):
    import slicer

    factory = slicer.qMRMLNodeFactory()
    factory.setMRMLScene(scene)
    factory.setBaseName("vtkMRMLScalarVolumeNode", "Result")
    factory.addAttribute("Kind", "made")
    first, second = (factory.createNode("vtkMRMLScalarVolumeNode") for _number in range(2))
    assert (first.GetName(), second.GetName()) == ("Result", "Result_1")
    assert first.GetAttribute("Kind") == "made"
    other = slicer.qMRMLNodeFactory.createNode(scene, "vtkMRMLTextNode")
    assert other.IsA("vtkMRMLTextNode")
    assert other.GetScene() is scene
    with pytest.raises(ValueError, match="vtkMRMLTeapotNode"):
        factory.createNode("vtkMRMLTeapotNode")


def test_paths_below_a_folder(host):
    import ctk

    utils = ctk.ctkCoreUtils
    assert utils.internalPathFromAbsolute("/data/db/a/b.dcm", "/data/db") == "a/b.dcm"
    assert utils.internalPathFromAbsolute("/data/db2/b.dcm", "/data/db") == "/data/db2/b.dcm"
    assert utils.absolutePathFromInternal("a/../b.dcm", "/data/db") == "/data/db/b.dcm"
    assert utils.absolutePathFromInternal("/x/b.dcm", "/data/db") == "/x/b.dcm"
    assert utils.absolutePathFromInternal("", "/data/db") == ""


def test_log_level(host):
    import logging

    import ctk

    before = logging.getLogger("DICOMLib").level
    try:
        ctk.ctk.setDICOMLogLevel(ctk.ctkErrorLogLevel.Debug)
        assert (ctk.ctk.dicomLogLevel(), ctk.ctk.dicomLogLevelAsString()) == (2, "Debug")
        ctk.ctk.setDICOMDetailedLogging(False)
        assert ctk.ctk.dicomLogLevelAsString() == "Info"
    finally:
        logging.getLogger("DICOMLib").setLevel(before)


def test_network_and_drawings_of_qt(host):
    import qt

    assert qt.QNetworkAccessManager().className() == "QNetworkAccessManager"
    assert not qt.QSvgRenderer(b"no drawing").isValid()
