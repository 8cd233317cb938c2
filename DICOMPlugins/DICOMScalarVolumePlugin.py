"""Scalar volumes: image series of CT, MR, PET and other modalities become volume nodes."""

import functools
import logging

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.DICOMUtils import getSortedImageFiles
from DICOMLib.fields.slice_geometry import is_irregular_stack, is_regular_stack
from DICOMLib.mrml.database_lookups import values_of_files
from DICOMLib.mrml.images import frame_values, pet
from DICOMLib.mrml.volumes import display, regularize, volume
from DICOMLib.plugins.exporters.scalar_volume import ScalarVolumeExport
from DICOMLib.plugins.volumes import settings as scalar_volume_settings
from DICOMLib.plugins.volumes import sub_series
from DICOMLib.plugins.volumes.acquisition import AcquisitionModeling
from DICOMLib.plugins.volumes.reading import ScalarVolumeReading

log = logging.getLogger(__name__)

RT_STRUCTURE_SET_STORAGE = "1.2.840.10008.5.1.4.1.1.481.3"
NO_PIXEL_DATA_CONFIDENCE = 0.2
ALTERNATIVE_CONFIDENCE = 0.45
SAME_PLACE_MM = 0.01

SETTINGS = "DICOM/ScalarVolume/"


class DICOMScalarVolumePluginClass(ScalarVolumeReading, ScalarVolumeExport, DICOMPlugin):
    """Offers each series as one volume, and its parts where a tag or the size of the images divides it."""

    AcquisitionModeling = AcquisitionModeling
    showsPixels = True

    def __init__(self, spacingEpsilon=1e-2, orientationEpsilon=1e-6):
        super().__init__()
        self.loadType = _("Scalar Volume")
        self.spacingEpsilon = spacingEpsilon
        self.orientationEpsilon = orientationEpsilon
        self.acquisitionModeling = None
        self.tags.update(
            {
                "sopClassUID": "0008,0016",
                "photometricInterpretation": "0028,0004",
                "seriesDescription": "0008,103e",
                "seriesUID": "0020,000E",
                "seriesInstanceUID": "0020,000E",
                "seriesNumber": "0020,0011",
                "position": "0020,0032",
                "orientation": "0020,0037",
                "pixelSpacing": "0028,0030",
                "pixelData": "7fe0,0010",
                "acquisitionNumber": "0020,0012",
                "imageType": "0008,0008",
                "contentTime": "0008,0033",
                "acquisitionTime": "0008,0032",
                "triggerTime": "0018,1060",
                "diffusionGradientOrientation": "0018,9089",
                "imageOrientationPatient": "0020,0037",
                "imageOrientationSlide": "0048,0102",
                "numberOfFrames": "0028,0008",
                "instanceUID": "0008,0018",
                "instanceNumber": "0020,0013",
                "windowCenter": "0028,1050",
                "windowWidth": "0028,1051",
                "rows": "0028,0010",
                "columns": "0028,0011",
            }
        )

    # -- settings

    @staticmethod
    def settingsPanelEntry(panel, parent):
        """Add the settings of this plugin to the settings panel."""
        scalar_volume_settings.fill(panel, parent, SETTINGS, DICOMScalarVolumePluginClass.readerApproaches())

    @staticmethod
    def acquisitionGeometryRegularization():
        """What is done with irregular geometry: "default", "none", "transform" or "hardenTransform"."""
        return slicer.util.settingsValue(SETTINGS + "AcquisitionGeometryRegularization", "default")

    def acquisitionGeometryRegularizationEnabled(self):
        """Whether irregular geometry is put right."""
        return self.acquisitionGeometryRegularization() != "none"

    def allowLoadingByTime(self):
        """Whether a series is also divided by content time and trigger time."""
        return slicer.util.settingsValue(SETTINGS + "AllowLoadingByTime", 0, converter=int) != 0

    # -- examination

    examinesEachSeries = True

    def examineForImport(self, fileLists):
        """Offer volumes of each list of files, sorted by series number."""
        loadables = []
        for files in filter(None, fileLists):
            offered = self.getCachedLoadables(files)
            if not offered:
                offered = self.examineFiles(files)
                self.cacheLoadables(files, offered)
            loadables += offered
        return sorted(loadables, key=functools.cmp_to_key(self.seriesSorter))

    def seriesSorter(self, x, y):
        """Compare two loadables by the series number before the colon of their names."""
        try:
            return int(x.name.split(":")[0]) - int(y.name.split(":")[0])
        except ValueError:
            return 0

    def examineFiles(self, files):
        """Offer the series as one volume, and by parts; prefer parts if the whole is irregular."""
        if not files:
            return []
        name = self.cleanNodeName(self.defaultSeriesNodeName(self.value(files[0], "seriesUID")))
        allFiles = DICOMLoadable()
        allFiles.files = files
        allFiles.name = name
        allFiles.tooltip = _("{count} files, first file: {path}").format(count=len(files), path=files[0])
        allFiles.confidence = 0.5
        sizes = self.sizesOf(files)
        parts = sub_series.divide(files, self.value, self.tagsThatDivide(), self.orientationEpsilon)
        parts += sub_series.divide_by_size(sizes)
        loadables = [allFiles] + [self.loadableOfPart(part, name) for part in parts]
        offered = [loadable for loadable in loadables if self.keepImages(loadable)]
        for loadable in offered:
            inOrder, distances, warning = getSortedImageFiles(loadable.files, self.spacingEpsilon)
            loadable.files = self.inOrderAtEachPlace(inOrder, distances)
            loadable.warning += "" if self.framesTellTheirPlaces(files) else warning
            if len({sizes[path] for path in loadable.files if path in sizes}) > 1:
                loadable.warning += _("The images differ in size, so that they make no single volume.") + "\n"
        self.prefer(offered, parts, loadables)
        return offered

    def inOrderAtEachPlace(self, files, distances):
        """Sorted files, those at one place (of several times, say) by instance number: names tell nothing."""
        places, last = {}, None
        for path in files if distances else ():
            if last is None or distances[path] - distances[last] > SAME_PLACE_MM:
                last = path
            places[path] = distances[last]
        if len(set(places.values())) == len(places):
            return files
        numbers = {path: self.value(path, "instanceNumber") for path in files}
        if not all(number.lstrip("-").isdigit() for number in numbers.values()):
            return files
        return sorted(files, key=lambda path: (places[path], int(numbers[path])))

    def framesTellTheirPlaces(self, files):
        """Whether a series is one file whose frames make a regular stack: there is nothing to warn of."""
        if len(files) != 1 or not self.hasFrames(files[0]):
            return False
        return is_regular_stack(files[0], self.value(files[0], "sopClassUID"))

    def framesAreIrregular(self, files):
        """Whether a series is one file whose frames tell where they lie, unevenly or with gaps."""
        if len(files) != 1 or not self.hasFrames(files[0]):
            return False
        return is_irregular_stack(files[0], self.value(files[0], "sopClassUID"))

    def sizesOf(self, files):
        """Size of each image, as it is shown, if they differ in it: columns, rows, and whether in colour."""
        sizes = {}
        for path in files:
            if self.value(path, "rows"):
                grey = self.value(path, "photometricInterpretation").startswith(("MONOCHROME", "PALETTE"))
                size = f"{self.value(path, 'columns')} x {self.value(path, 'rows')}"
                sizes[path] = size if grey else f"{size} in colour"
        if len(set(sizes.values())) < 2:
            return {}
        exists = slicer.dicomDatabase.fileValueExists
        return {path: size for path, size in sizes.items() if exists(path, self.tags["pixelData"])}

    def tagsThatDivide(self):
        """Names of the tags by whose values a series is divided."""
        return sub_series.TAGS + (sub_series.TIME_TAGS if self.allowLoadingByTime() else ())

    def loadableOfPart(self, part, seriesName):
        """Offer a part of a series."""
        loadable = DICOMLoadable()
        loadable.files = part.files
        label = str(part.number) if part.tagName in sub_series.NUMBERED_TAGS else part.value
        loadable.name = self.cleanNodeName(f"{seriesName} - {part.tagName} {label}")
        loadable.tooltip = _("{count} files, grouped by {tag} = {value}. First file: {path}").format(
            count=len(part.files), tag=part.tagName, value=part.value, path=part.files[0]
        )
        if part.tagName == sub_series.SIZE:
            loadable.warning = (
                _("The series has images of other sizes, which are volumes of their own.") + "\n"
            )
        return loadable

    @staticmethod
    def cleanNodeName(value):
        """A name without characters that stand for something else in file names."""
        return value.replace("|", "-").replace("/", "-").replace("\\", "-").replace("*", "(star)")

    def keepImages(self, loadable):
        """Drop files without pixels; False if the loadable is none for us."""
        if any(self.value(path, "sopClassUID") == RT_STRUCTURE_SET_STORAGE for path in loadable.files):
            if "DicomRtImportExportPlugin" not in slicer.modules.dicomPlugins:
                log.info("The SlicerRT extension can load the RT Structure Set of this series.")
            return False
        images = [
            path
            for path in loadable.files
            if slicer.dicomDatabase.fileValueExists(path, self.tags["pixelData"])
        ]
        if images:
            loadable.files = images
        else:
            loadable.confidence = NO_PIXEL_DATA_CONFIDENCE
            loadable.warning = _("There is no pixel data attribute for the DICOM objects.") + "\n"
        if self.value(loadable.files[0], "imageOrientationSlide"):
            told = _(
                "The frames are tiles of a microscopy slide. They are stacked one behind the other, "
                "not side by side as they lie on the slide."
            )
            loadable.warning += told + "\n"
        loadable.grayscale = "MONOCHROME" in self.value(loadable.files[0], "photometricInterpretation")
        return True

    def prefer(self, offered, parts, loadables):
        """Select the whole series, or those parts that are regular where the whole is not."""
        preferred = offered[:1] if offered and offered[0] is loadables[0] else []
        if preferred and preferred[0].warning:
            partOf = {id(loadable): part for loadable, part in zip(loadables[1:], parts, strict=True)}
            good = [loadable for loadable in offered[1:] if not loadable.warning]
            withoutLocalizer = [loadable for loadable in good if partOf[id(loadable)].leavesLocalizer]
            bySize = [one for one in offered[1:] if partOf[id(one)].tagName == sub_series.SIZE]
            if withoutLocalizer:
                preferred = withoutLocalizer
            elif bySize:
                preferred = bySize
            elif len({part.tagName for part in parts}) == 1:
                preferred = good or preferred
        for loadable in offered:
            loadable.selected = any(loadable is one for one in preferred)
            if not loadable.selected:
                loadable.confidence = min(loadable.confidence, ALTERNATIVE_CONFIDENCE)

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        if any(self.value(path, "sopClassUID") == RT_STRUCTURE_SET_STORAGE for path in files):
            return _("An RT Structure Set is no image.")
        return _("There are no images among the files.")

    # -- loading

    def load(self, loadable, readerApproach=None):
        """Add a volume node with the images of `loadable` and return it; None if nothing can read them."""
        grayscale = getattr(loadable, "grayscale", True)
        self.readingFault = ""
        approach = readerApproach or self.chosenApproach()
        node = self.readFiles(loadable.files, loadable.name, approach, grayscale)
        if node is not None:
            self.setVolumeNodeProperties(node, loadable)
        else:
            loadable.loadError = self.readingFault
        return node

    def windowPresets(self, path):
        """Pairs (width, center) of a file; none if they are not usable."""
        try:
            presets = display.window_level_presets(
                self.value(path, "windowCenter"), self.value(path, "windowWidth")
            )
            return presets or (frame_values.frame_window_presets(path) if self.hasFrames(path) else [])
        except ValueError:
            log.error("Window center and width of an image are not usable.")  # noqa: TRY400 odd data
            return []

    def hasFrames(self, path):
        """Whether a file has several frames."""
        return self.value(path, "numberOfFrames") not in ("", "1")

    def setVolumeNodeProperties(self, volumeNode, loadable):
        """Give a new volume its place in the subject hierarchy, attributes, display and geometry."""
        self.addSeriesInSubjectHierarchy(loadable, volumeNode)
        files = list(loadable.files)
        if volume.make_right_handed(volumeNode):
            files.reverse()
        tags = [self.tags["instanceUID"], self.tags["instanceNumber"], *regularize.GEOMETRY]
        uids, numbers, *geometry = values_of_files(slicer.dicomDatabase, files, *tags)
        volumeNode.SetAttribute("DICOM.instanceUIDs", " ".join(uid or "Unknown" for uid in uids))
        volumeNode.SetAttribute("DICOM.instanceNumbers", " ".join(number or "?" for number in numbers))
        self.setDisplay(volumeNode, files[len(files) // 2])
        self.setQuantity(volumeNode, files)
        if self.framesAreIrregular(files):
            geometry = regularize.geometry_of_frames(files[0])
        self.acquisitionModeling = self.AcquisitionModeling()
        self.acquisitionModeling.createAcquisitionTransform(
            volumeNode, self.acquisitionGeometryRegularizationEnabled(), geometry
        )
        if self.acquisitionGeometryRegularization() == "hardenTransform":
            self.acquisitionModeling.harden(volumeNode)

    def setDisplay(self, volumeNode, path):
        """Show the volume with the windows of one of its files."""
        display.apply_window_level_presets(volumeNode, self.windowPresets(path))
        display.show_in_slice_views(volumeNode)

    def setQuantity(self, volumeNode, files):
        """Say what the voxels measure; colour PET and tell the factor to SUV."""
        if frame_values.needs_modality_table(files[0]):
            log.warning("The images have a Modality LUT, which is not applied: voxels are stored values.")
        sopClassUID = self.value(files[0], "sopClassUID")
        if self.mapSOPClassUIDToModality(sopClassUID) == "PT":
            display.use_pet_heat(volumeNode)
            (times,) = values_of_files(slicer.dicomDatabase, files, self.tags["acquisitionTime"])
            pet.describe(volumeNode, files[0], times)
        quantity, units = self.mapSOPClassUIDToDICOMQuantityAndUnits(sopClassUID)
        if quantity is not None:
            volumeNode.SetVoxelValueQuantity(quantity)
            volumeNode.SetVoxelValueUnits(units)
        if self.hasFrames(files[0]):
            frame_values.describe_values(volumeNode, files[0])


class DICOMScalarVolumePlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Scalar Volume Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads image series as scalar volumes. It has no user interface of its own.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"] = DICOMScalarVolumePluginClass
