"""Documents: the bytes that come out are those that went in, and the system's viewer gets them."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from Testing import factories
from Testing.DICOMPlugins.loading import import_files, load_series, of_class, offers, study_uid_of

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMEncapsulatedDocumentPlugin"
CDA = "1.2.840.10008.5.1.4.1.1.104.2"
XML = '<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument><title>Größe</title></ClinicalDocument>'
REAL_PDF = "larvitar/docs/examples/demo/pdf.dcm"


def plugin():
    import slicer

    return slicer.modules.dicomPlugins[PLUGIN]()


@pytest.mark.parametrize("path", [REAL_PDF, "synthetic/encapsulated_pdf_dcmtk.dcm"])
def test_pdf(database, shared_data, tmp_path, path):
    (uid,) = import_files(tmp_path / "files", shared_data / path)
    (loadable,) = offers(PLUGIN, uid)
    assert "PDF" in loadable.name
    assert loadable.confidence == 0.95
    (node,) = of_class(load_series(uid), "vtkMRMLTextNode")
    assert node.GetClassName() == "vtkMRMLTextNode"
    assert "application/pdf" in node.GetText()
    dataset = pydicom.dcmread(shared_data / path)
    assert study_uid_of(node) == dataset.StudyInstanceUID
    written = Path(plugin().documentPath(node))
    assert written.suffix == ".pdf"
    data = written.read_bytes()
    assert data.startswith(b"%PDF")
    length = dataset.get("EncapsulatedDocumentLength") or len(dataset.EncapsulatedDocument)
    assert data == dataset.EncapsulatedDocument[:length]
    assert str(dataset.PatientName) not in written.name


@pytest.fixture
def cda(database, tmp_path):
    """A series of one CDA document."""
    data = XML.encode()
    dataset = factories.instance(
        CDA,
        Modality="DOC",
        DocumentTitle="Letter",
        MIMETypeOfEncapsulatedDocument="text/XML",
        EncapsulatedDocument=data + b"\0" * (len(data) % 2),
        EncapsulatedDocumentLength=len(data),
    )
    dataset.save_as(tmp_path / "cda.dcm", enforce_file_format=True)
    (uid,) = import_files(tmp_path / "files", tmp_path / "cda.dcm")
    return uid


def test_cda(cda):
    (node,) = of_class(load_series(cda), "vtkMRMLTextNode")
    assert node.GetName() == "1: CDA: Letter"
    assert node.GetText() == XML
    assert Path(plugin().documentPath(node)).read_bytes() == XML.encode()


@pytest.fixture
def viewer():
    """A handler that Qt asks for files stands in for the desktop, which tests do not have."""
    from qtpy.QtCore import QObject, QUrl, Slot
    from qtpy.QtGui import QDesktopServices

    class Viewer(QObject):
        def __init__(self):
            super().__init__()
            self.shown = []

        @Slot(QUrl)
        def show(self, url):
            self.shown.append(url.toLocalFile())

    one = Viewer()
    QDesktopServices.setUrlHandler("file", one, "show")
    yield one
    QDesktopServices.unsetUrlHandler("file")


def test_opens_in_the_viewer_of_the_system(cda, viewer):
    (node,) = of_class(load_series(cda), "vtkMRMLTextNode")
    assert plugin().openInViewer(node)
    assert [Path(path).read_bytes() for path in viewer.shown] == [XML.encode()]


@pytest.mark.gui
def test_opens_from_the_tree_of_loaded_data(cda, viewer):
    import slicer

    from DICOMModule.Host.window.subject_hierarchy_tree import qMRMLSubjectHierarchyTreeView

    (node,) = of_class(load_series(cda), "vtkMRMLTextNode")
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    tree = qMRMLSubjectHierarchyTreeView()
    tree.setMRMLScene(slicer.mrmlScene)
    try:
        tree.setCurrentItem(hierarchy.GetItemByDataNode(node))
        assert tree.openCurrentDocument()
    finally:
        tree.setMRMLScene(None)
        tree.deleteLater()
    assert len(viewer.shown) == 1


def test_document_that_has_left_the_database(cda, caplog):
    import slicer

    (node,) = of_class(load_series(cda), "vtkMRMLTextNode")
    slicer.dicomDatabase.removeSeries(cda)
    assert plugin().documentPath(node) == ""
    assert not plugin().openInViewer(node)
    assert "No program" in caplog.text


def test_an_object_without_document_is_reported(database, tmp_path, caplog):
    dataset = factories.instance(CDA, Modality="DOC")
    dataset.save_as(tmp_path / "cda.dcm", enforce_file_format=True)
    (uid,) = import_files(tmp_path / "files", tmp_path / "cda.dcm")
    assert load_series(uid) == []
    assert "carries no document" in caplog.text
