"""Slicer data bundles: whole scenes that were stored as secondary capture images."""

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.mrml.documents import scene_bundle
from DICOMLib.plugins.exporters.scene import SceneExport


class DICOMSlicerDataBundlePluginClass(SceneExport, DICOMPlugin):
    """Offers a series whose single file holds a scene."""

    def __init__(self):
        super().__init__()
        self.loadType = _("Slicer Data Bundle")
        self.tags["candygramCreator"] = scene_bundle.CREATOR_TAG

    examinesEachSeries = True

    def examineForImport(self, fileLists):
        """Offer the scenes among lists of files."""
        loadables = []
        for files in fileLists:
            offered = self.getCachedLoadables(files)
            if not offered:
                offered = self.examineFiles(files)
                self.cacheLoadables(files, offered)
            loadables += offered
        return loadables

    def examineFiles(self, files):
        """Offer the scene of a series of one file."""
        if len(files) != 1 or not self.value(files[0], "candygramCreator"):
            return []
        loadable = DICOMLoadable()
        loadable.files = list(files)
        loadable.name = self.value(files[0], "seriesDescription") + _(" - as Slicer Scene")
        loadable.tooltip = _("Contains a Slicer scene")
        loadable.selected = True
        loadable.confidence = 0.9
        return [loadable]

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        return _("There is no scene of Slicer in the file.")

    def load(self, loadable):
        """Load the scene into the current one; whether there was one."""
        path = loadable.files[0]
        archive = scene_bundle.archive_of(path, self.value(path, "candygramCreator"))
        known = scene_bundle.node_ids(slicer.mrmlScene)
        if not scene_bundle.open_archive(archive):
            return False
        node = scene_bundle.main_node(slicer.mrmlScene, known)
        if node is not None:
            self.addSeriesInSubjectHierarchy(loadable, node)
        return True


class DICOMSlicerDataBundlePlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Slicer Data Bundle Import Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads scenes stored in DICOM. It has no user interface of its own.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMSlicerDataBundlePlugin"] = DICOMSlicerDataBundlePluginClass
