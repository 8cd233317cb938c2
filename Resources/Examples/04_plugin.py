"""A plugin of your own: the text of structured reports as text nodes.

Save such a file under the name of its module, ReportTextPlugin.py, in a folder of yours and start with
--additional-module-paths FOLDER, or copy it into DICOMPlugins.
It is an ordinary scripted module of Slicer and runs there, too.
"""

import pydicom
import slicer

from DICOMLib import DICOMLoadable, DICOMPlugin


class ReportTextPluginClass(DICOMPlugin):
    """Offers each Basic Text SR of a series."""

    SOP_CLASS = "1.2.840.10008.5.1.4.1.1.88.11"

    def __init__(self):
        super().__init__()
        self.loadType = "Report text"
        self.tags["sopClassUID"] = "0008,0016"  # cached at import, so that examine opens no file

    def examineForImport(self, fileLists):
        return [self.offer(file) for files in fileLists for file in files if self.is_report(file)]

    def is_report(self, file):
        return slicer.dicomDatabase.fileValue(file, self.tags["sopClassUID"]) == self.SOP_CLASS

    def offer(self, file):
        loadable = DICOMLoadable()
        loadable.files = [file]
        loadable.name = "Report"
        loadable.tooltip = "The paragraphs of a structured report"
        loadable.confidence = 0.9
        loadable.selected = True
        return loadable

    def load(self, loadable):
        content = pydicom.dcmread(loadable.files[0]).ContentSequence
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", loadable.name)
        node.SetText("\n".join(str(item.TextValue) for item in content if item.ValueType == "TEXT"))
        return node


class ReportTextPlugin:
    """The module: it registers the plugin."""

    def __init__(self, parent):
        parent.title = "Report text plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.hidden = True
        slicer.modules.dicomPlugins["ReportTextPlugin"] = ReportTextPluginClass
