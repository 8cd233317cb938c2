"""Parametric maps: volumes of real-world values with their quantity and unit."""

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.volumes import display, parametric_map
from DICOMLib.plugins.exporters.parametric_map import ParametricMapExport

PARAMETRIC_MAP_STORAGE = "1.2.840.10008.5.1.4.1.1.30"


class DICOMParametricMapPluginClass(ParametricMapExport, DICOMPlugin):
    """Offers each Parametric Map by itself."""

    def __init__(self):
        super().__init__()
        self.loadType = _("DICOMParametricMap")

    def examineFiles(self, files):
        """Offer each parametric map among the files of one series."""
        if not all(self.value(path, "instanceUID") for path in files):
            return []
        maps = [path for path in files if self.value(path, "sopClassUID") == PARAMETRIC_MAP_STORAGE]
        return [self.loadableOfFile(path) for path in maps]

    def loadableOfFile(self, path):
        """Offer one file, named after the series it was made from."""
        description = self.value(path, "seriesDescription") or "Unknown"
        loadable = DICOMLoadable()
        loadable.files = [path]
        loadable.tooltip = description + _(" - as a DICOM Parametric Map object")
        loadable.selected = True
        loadable.confidence = 0.95
        loadable.uid = self.value(path, "instanceUID")
        self.addReferences(loadable)
        seriesUID = getattr(loadable, "referencedSeriesUID", "")
        reference = self.defaultSeriesNodeName(seriesUID) if seriesUID else _("Unnamed Reference")
        loadable.name = f"{reference} {description} - ParametricMap"
        return loadable

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        return _("It is no Parametric Map.")

    def load(self, loadable):
        """Add a volume for each map of the file; True when that is done."""
        path = loadable.files[0]
        dataset = read_dataset(path)
        maps = parametric_map.read_parametric_maps(dataset, path)
        nodes = [parametric_map.add_parametric_map(slicer.mrmlScene, one, loadable.name) for one in maps]
        for node in nodes:
            node.SetAttribute("DICOM.instanceUIDs", str(dataset.SOPInstanceUID))
            self.addSeriesInSubjectHierarchy(loadable, node)
        display.show_in_slice_views(nodes[0])
        return True


class DICOMParametricMapPlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Parametric Map Object Import Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.dependencies = ["DICOM", "Colors"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads DICOM parametric maps. It has no user interface of its own.")
        parent.acknowledgementText = ""
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMParametricMapPlugin"] = DICOMParametricMapPluginClass
