"""Scalar volumes: image series of CT, MR, PET and other modalities become volume nodes."""

import functools
import logging

import numpy
import slicer
import vtk
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.core.errors import DICOMError, log_failure, reason_for_user, reason_of
from DICOMLib.DICOMUtils import getSortedImageFiles
from DICOMLib.mrml.database_lookups import values_of_files
from DICOMLib.mrml.images import frame_values, itk_reader, pet
from DICOMLib.mrml.volumes import display, regularize, volume
from DICOMLib.plugins.exporters.scalar_volume import ScalarVolumeExport
from DICOMLib.plugins.volumes import settings as scalar_volume_settings
from DICOMLib.plugins.volumes import sub_series
from DICOMLib.plugins.volumes.acquisition import AcquisitionModeling

log = logging.getLogger(__name__)

RT_STRUCTURE_SET_STORAGE = "1.2.840.10008.5.1.4.1.1.481.3"
NO_PIXEL_DATA_CONFIDENCE = 0.2
ALTERNATIVE_CONFIDENCE = 0.45

SETTINGS = "DICOM/ScalarVolume/"


class DICOMScalarVolumePluginClass(ScalarVolumeExport, DICOMPlugin):
    """Offers each series as one volume, and its parts where a tag divides it."""

    AcquisitionModeling = AcquisitionModeling

    def __init__(self, spacingEpsilon=1e-2, orientationEpsilon=1e-6):
        super().__init__()
        self.loadType = _("Scalar Volume")
        self.spacingEpsilon = spacingEpsilon
        self.orientationEpsilon = orientationEpsilon
        self.acquisitionModeling = None
        self.readingFault = ""
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
    def readerApproaches():
        """The ways to read files, in the order of the setting."""
        return ["GDCM with DCMTK fallback", "DCMTK", "GDCM", "Archetype"]

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
        parts = sub_series.divide(files, self.value, self.tagsThatDivide(), self.orientationEpsilon)
        loadables = [allFiles] + [self.loadableOfPart(part, name) for part in parts]
        offered = [loadable for loadable in loadables if self.keepImages(loadable)]
        for loadable in offered:
            loadable.files, _distances, warning = getSortedImageFiles(loadable.files, self.spacingEpsilon)
            loadable.warning += warning
        self.prefer(offered, parts, loadables)
        return offered

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
            loadable.warning += _("The frames are tiles of a microscopy slide, which make no volume.") + "\n"
        loadable.grayscale = "MONOCHROME" in self.value(loadable.files[0], "photometricInterpretation")
        return True

    def prefer(self, offered, parts, loadables):
        """Select the whole series, or those parts that are regular where the whole is not."""
        preferred = offered[:1] if offered and offered[0] is loadables[0] else []
        if preferred and preferred[0].warning:
            partOf = {id(loadable): part for loadable, part in zip(loadables[1:], parts, strict=True)}
            good = [loadable for loadable in offered[1:] if not loadable.warning]
            withoutLocalizer = [loadable for loadable in good if partOf[id(loadable)].leavesLocalizer]
            if withoutLocalizer:
                preferred = withoutLocalizer
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

    def prepareLoad(self, loadable):
        """Read the images, in whatever thread this is called; `load` takes them from here then."""
        if slicer.util.settingsValue(SETTINGS + "ReaderApproach", 0, converter=int) == 0:
            itk_reader.check_spacing(loadable.files[0])
            self._prepared = (list(loadable.files), volume.read_volume(loadable.files))

    def takePrepared(self, files):
        """What `prepareLoad` read of these files, once; None if it was not asked to."""
        prepared, self._prepared = getattr(self, "_prepared", None), None
        return prepared[1] if prepared is not None and prepared[0] == list(files) else None

    def load(self, loadable, readerApproach=None):
        """Add a volume node with the images of `loadable` and return it; None if nothing can read them."""
        if readerApproach is None:
            readerApproach = self.readerApproaches()[
                slicer.util.settingsValue(SETTINGS + "ReaderApproach", 0, converter=int)
            ]
        grayscale = getattr(loadable, "grayscale", True)
        self.readingFault = ""
        node = self.readFiles(loadable.files, loadable.name, readerApproach, grayscale)
        if node is not None:
            self.setVolumeNodeProperties(node, loadable)
        else:
            loadable.loadError = self.readingFault
        return node

    def readFiles(self, files, name, readerApproach, grayscale=True):
        """Add a volume node by one of the `readerApproaches`; None if it cannot read the files."""
        try:
            itk_reader.check_spacing(files[0])
        except DICOMError as error:
            log_failure(log, "The images make no volume", error)
            self.noteFault(error)
            return None
        if readerApproach == "Archetype":
            return self.loadFilesWithArchetype(files, name)
        if readerApproach != "GDCM with DCMTK fallback":
            return self.loadFilesWithSeriesReader(readerApproach, files, name, grayscale)
        node = self.loadFilesDirectly(files, name)
        if node is None:
            node = self.loadFilesWithSeriesReader("GDCM", files, name, grayscale)
        if node is None:
            node = self.loadFilesWithSeriesReader("DCMTK", files, name, grayscale)
        return node

    def noteFault(self, error):
        """Remember why files are not read: what the first reader says, which knows most of DICOM."""
        self.readingFault = self.readingFault or reason_for_user(error)

    def loadFilesDirectly(self, files, name):
        """Read without ITK; None if the files need more than that."""
        try:
            return self.addVolumeNode(self.takePrepared(files) or volume.read_volume(files), files, name)
        except (DICOMError, OSError) as error:
            log.info("Images are not read directly but by ITK (%s).", reason_of(error))
            self.noteFault(error)
            return None

    def loadFilesWithArchetype(self, files, name):
        """Read with the archetype reader of the Volumes module."""
        fileList = vtk.vtkStringArray()
        for path in files:
            fileList.InsertNextValue(slicer.util.longPath(path))
        return slicer.modules.volumes.logic().AddArchetypeScalarVolume(files[0], name, 0, fileList)

    def loadFilesWithSeriesReader(self, imageIOName, files, name, grayscale=True):
        """Read with an ITK reader, "GDCM" or "DCMTK"."""
        try:
            paths = [slicer.util.longPath(path) for path in files]
            result, reader = itk_reader.read_with_itk(paths, imageIOName, grayscale=grayscale)
        except DICOMError as error:
            log_failure(log, "The images are not read", error)
            self.noteFault(error)
            return None
        node = self.addVolumeNode(result, files, name)
        slicer.vtkMRMLVolumeArchetypeStorageNode.SetMetaDataDictionaryFromReader(node, reader)
        slicer.modules.reader = reader
        if hasattr(slicer.modules, "DICOMInstance"):
            slicer.modules.DICOMInstance.reader = reader
        return node

    def addVolumeNode(self, readVolume, files, name):
        """Add a node; the window of its voxels is not computed if the files tell one."""
        auto = not self.windowPresets(files[len(files) // 2])
        return volume.add_volume_node(slicer.mrmlScene, readVolume, name, auto_window=auto)

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

    # -- comparison of readers

    def loadWithMultipleLoaders(self, loadable):
        """Load copies with each reader, to compare them."""
        nodes = []
        for suffix, approach in (("archetype", "Archetype"), ("gdcm", "GDCM"), ("dcmtk", "DCMTK")):
            grayscale = getattr(loadable, "grayscale", True)
            node = self.readFiles(loadable.files, f"{loadable.name}-{suffix}", approach, grayscale)
            if node is not None:
                self.setVolumeNodeProperties(node, loadable)
            nodes.append(node)
        return nodes

    @staticmethod
    def compareVolumeNodes(volumeNode1, volumeNode2):
        """Say in which way two volumes differ; empty if they do not."""
        differences = []
        matrices = [volume.ijk_to_ras_of(node) for node in (volumeNode1, volumeNode2)]
        if not numpy.allclose(*matrices, atol=1e-4):
            differences.append("IJKToRAS mismatch")
        arrays = [slicer.util.arrayFromVolume(node) for node in (volumeNode1, volumeNode2)]
        if arrays[0].shape != arrays[1].shape:
            differences.append("dimensions mismatch")
        elif not numpy.array_equal(*arrays):
            differences.append("voxel mismatch")
        return ", ".join(differences)


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
