"""Real World Value Mappings: images of another series become volumes of what they measure, and back."""

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.core.errors import UnusableData
from DICOMLib.mrml.database_lookups import values_of_files
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.images.pet import SUV_FACTOR_ATTRIBUTE
from DICOMLib.mrml.volumes import display, real_world_values
from DICOMLib.plugins.exporters.value_mapping import ValueMappingExport

CONFIDENCE = 0.85  # so that plugins of extensions, which know one kind of values, go before
MAPPINGS = "ReferencedImageRealWorldValueMappingSequence"


class DICOMRWVMPluginClass(ValueMappingExport, DICOMPlugin):
    """Offers each kind of values that a mapping object gives to images."""

    def __init__(self):
        super().__init__()
        self.loadType = _("Real World Value Mapping")

    # -- examination

    def examineFiles(self, files):
        """Offer the kinds of values of each mapping object among the files of one series."""
        objects = [path for path in files if self.isMapping(path)]
        return [loadable for path in objects for loadable in self.loadablesOfFile(path)]

    def isMapping(self, path):
        """Whether a file is a mapping object."""
        return self.value(path, "sopClassUID") == real_world_values.REAL_WORLD_VALUE_MAPPING_STORAGE

    def loadablesOfFile(self, path):
        """Offer one volume for each kind of values, named after the images."""
        kinds = real_world_values.read_mapped_images(read_dataset(path, only=[MAPPINGS]))
        return [self.loadableOfKind(path, number, images) for number, images in enumerate(kinds)]

    def loadableOfKind(self, path, number, images):
        """Offer the images in one kind of values."""
        files = self.imageFiles(images)
        series = self.value(files[0], "seriesInstanceUID") if files else ""
        loadable = DICOMLoadable()
        loadable.files = [path]
        reference = self.defaultSeriesNodeName(series) if files else _("Unnamed Reference")
        loadable.name = f"{reference} {images.name}"
        loadable.tooltip = _("{count} images as {name}, by a Real World Value Mapping object").format(
            count=len(images.mappings), name=images.name
        )
        loadable.selected = True
        loadable.confidence = CONFIDENCE
        loadable.uid = self.value(path, "instanceUID")
        loadable.mappingNumber = number
        loadable.referencedInstanceUIDs = list(images.mappings)
        if series:
            loadable.referencedSeriesUID = series
        loadable.warning = self.warningFor(len(images.mappings), len(files))
        return loadable

    @staticmethod
    def warningFor(wanted, found):
        """What is wrong with the images that a mapping is for."""
        if not found:
            return _("None of the images that the mapping is for is in the database.")
        if found < wanted:
            return _(
                "{missing} of the {wanted} images that the mapping is for are not in the database."
            ).format(missing=wanted - found, wanted=wanted)
        return ""

    @staticmethod
    def imageFiles(images):
        """Files of the mapped images, as far as the database has them."""
        found = [slicer.dicomDatabase.fileForInstance(uid) for uid in images.mappings]
        return [path for path in dict.fromkeys(found) if path]

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        if any(self.isMapping(path) for path in files):
            return _("The object maps no images.")
        return _("It is no Real World Value Mapping.")

    # -- loading

    def load(self, loadable):
        """Add a volume of real-world values for each series of the images; return the first."""
        dataset = read_dataset(loadable.files[0])
        images = real_world_values.read_mapped_images(dataset)[getattr(loadable, "mappingNumber", 0)]
        bySeries = {}
        for path in self.imageFiles(images):
            bySeries.setdefault(self.value(path, "seriesInstanceUID"), []).append(path)
        nodes = [
            self.addVolume(source, loadable.name, images, str(dataset.SOPInstanceUID))
            for files in bySeries.values()
            for source in self.volumesOf(files)
        ]
        if not nodes:
            raise UnusableData(
                "The images that the mapping is for are not in the database, or make no volume."
            )
        display.show_in_slice_views(nodes[0])
        return nodes[0]

    @staticmethod
    def volumesOf(files):
        """What the scalar volume plugin would load of some images."""
        offered = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]().examineForImport([files])
        return [loadable for loadable in offered if loadable.selected] or offered[:1]

    def addVolume(self, source, name, images, objectUID):
        """Add a volume like that of `source`, a loadable of the scalar volume plugin, with other values."""
        plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
        (uids,) = values_of_files(slicer.dicomDatabase, source.files, self.tags["instanceUID"])
        mapped = real_world_values.read_mapped_volume(source.files, uids, images)
        node = plugin.addVolumeNode(mapped, source.files, name)
        plugin.setVolumeNodeProperties(node, source)
        node.RemoveAttribute(SUV_FACTOR_ATTRIBUTE)  # which is for the rescaled values
        real_world_values.describe_mapped_volume(node, images.first, objectUID)
        display.forget_window_level_presets(node)  # so are these
        return node


class DICOMRWVMPlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Real World Value Mapping Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads images in real-world values. It has no user interface of its own.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMRWVMPlugin"] = DICOMRWVMPluginClass
