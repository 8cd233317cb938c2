"""Encapsulated documents: PDF and CDA become text nodes and open in the viewer of the system."""

import logging

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.mrml.documents import document_node
from DICOMLib.mrml.documents.encapsulated import read_document
from DICOMLib.mrml.images.image_header import read_dataset

log = logging.getLogger(__name__)

KINDS = {document_node.ENCAPSULATED_PDF: "PDF", document_node.ENCAPSULATED_CDA: "CDA"}
OPEN_AFTER_LOADING = "DICOM/EncapsulatedDocument/OpenAfterLoading"


class DICOMEncapsulatedDocumentPluginClass(DICOMPlugin):
    """Offers each document by itself."""

    def __init__(self):
        super().__init__()
        self.loadType = _("Document")
        self.tags["documentTitle"] = "0042,0010"

    @staticmethod
    def settingsPanelEntry(panel, parent):
        """Add the settings of this plugin to the settings panel."""
        import ctk
        import qt

        layout = qt.QFormLayout(parent)
        openAfterLoading = qt.QCheckBox()
        openAfterLoading.toolTip = _("Show a document in the viewer of the system when it is loaded.")
        openAfterLoading.checked = True
        layout.addRow(_("Open documents after loading:"), openAfterLoading)
        mapper = ctk.ctkBooleanMapper(openAfterLoading, "checked", str(qt.SIGNAL("toggled(bool)")))
        panel.registerProperty(
            OPEN_AFTER_LOADING, mapper, "valueAsInt", str(qt.SIGNAL("valueAsIntChanged(int)"))
        )

    def examineFiles(self, files):
        """Offer each document among the files of one series."""
        return [self.loadableOfFile(path) for path in files if self.value(path, "sopClassUID") in KINDS]

    def loadableOfFile(self, path):
        """Offer one file, named like "2: PDF: Title"."""
        name = KINDS[self.value(path, "sopClassUID")]
        title = self.value(path, "documentTitle") or self.value(path, "seriesDescription")
        if title:
            name += f": {title}"
        if self.value(path, "seriesNumber"):
            name = f"{self.value(path, 'seriesNumber')}: {name}"
        loadable = DICOMLoadable()
        loadable.files = [path]
        loadable.name = name
        loadable.tooltip = _("{name} - opens in the viewer of the system").format(name=name)
        loadable.selected = True
        loadable.confidence = 0.95
        return loadable

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        return _("It is no encapsulated PDF or CDA document.")

    def load(self, loadable):
        """Add a text node, open the document, and return the node."""
        path = loadable.files[0]
        dataset = read_dataset(path)
        document = read_document(dataset, path)
        node = document_node.add_document_node(slicer.mrmlScene, document, loadable.name)
        node.SetAttribute("DICOM.instanceUIDs", str(dataset.SOPInstanceUID))
        self.addSeriesInSubjectHierarchy(loadable, node)
        wanted = slicer.util.settingsValue(OPEN_AFTER_LOADING, 1, converter=int) != 0
        if wanted and slicer.util.mainWindow() is not None and not slicer.app.testingEnabled():
            self.openInViewer(node)
        return node

    def documentPath(self, node):
        """Path of a file with the document of a node; empty if the database does not have it any more."""
        instanceUID = node.GetAttribute("DICOM.instanceUIDs") or ""
        path = slicer.dicomDatabase.fileForInstance(instanceUID)
        if not path:
            return ""
        return str(document_node.write_document(read_document(read_dataset(path), path), instanceUID))

    def openInViewer(self, node):
        """Show the document of a node in the viewer that the system has for it; whether it could be."""
        import qt

        path = self.documentPath(node)
        opened = bool(path) and qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(path))
        if not opened:
            log.warning("No program of this system shows the document.")
        return opened


class DICOMEncapsulatedDocumentPlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Encapsulated Document Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads encapsulated documents. It has no user interface of its own.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMEncapsulatedDocumentPlugin"] = DICOMEncapsulatedDocumentPluginClass
