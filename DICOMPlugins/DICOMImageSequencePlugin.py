"""Image sequences: cine loops of ultrasound, angiography, fluoroscopy and screen captures, and cine MR."""

import logging

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.core.errors import DICOMError, log_failure, reason_for_user
from DICOMLib.mrml.images import cine
from DICOMLib.mrml.volumes import display, sequence
from DICOMLib.mrml.volumes.volume import INVERTED_GREY
from DICOMLib.plugins.exporters.image_sequence import ImageSequenceExport

log = logging.getLogger(__name__)

STORAGE = "1.2.840.10008.5.1.4.1.1."
X_RAY = (STORAGE + "12.1", STORAGE + "12.2")
ULTRASOUND = (STORAGE + "3.1", STORAGE + "6.1")
SECONDARY_CAPTURE = STORAGE + "7"
GRAYSCALE_SECONDARY_CAPTURE = STORAGE + "7.2"
# With more bits or in colour: frames may be anything, but those that follow each other in time.
OTHER_SECONDARY_CAPTURES = (STORAGE + "7.3", STORAGE + "7.4")
MR_IMAGE = STORAGE + "4"
# Captures of other modalities are single pictures.
CAPTURED_MODALITIES = ("US", "XA", "RF", "ES")

CONFIDENCE = 0.7
FEW_TIMES = 3  # with more trigger times than this, images of an MR series are a cine loop
CINE_OF_SEVERAL_PLANES, CINE_OF_ONE_PLANE, PERHAPS_CINE = 1.05, 0.85, 0.4
CINE_RATE = 10.0


class DICOMImageSequencePluginClass(ImageSequenceExport, DICOMPlugin):
    """Offers each multi-frame image as a sequence of its frames, a cine MR series as one of its images."""

    showsPixels = True

    def __init__(self):
        super().__init__()
        self.loadType = _("Image sequence")
        self.tags.update(
            {
                "instanceNumber": "0020,0013",
                "triggerTime": "0018,1060",
                "modality": "0008,0060",
                "photometricInterpretation": "0028,0004",
                "orientation": "0020,0037",
                "windowCenter": "0028,1050",
                "windowWidth": "0028,1051",
                "position": "0020,0032",
                "temporalPosition": "0020,0100",
                "frameTime": "0018,1063",
                "frameTimeVector": "0018,1065",
            }
        )

    # -- examination

    def examineFiles(self, files):
        """Offer loops, those of several planes of one instance together; else MR images as one loop."""
        byInstance = {}
        mrFiles = []
        slices = self.slicesAmong(files)
        for path in files:
            if path not in slices and self.isLoop(path):
                byInstance.setdefault(self.value(path, "instanceNumber") or path, []).append(path)
            elif self.value(path, "sopClassUID") == MR_IMAGE:
                mrFiles.append(path)
        if byInstance:
            return [self.loadableOfLoop(planes) for planes in byInstance.values()]
        return self.loadablesOfMR(mrFiles)

    def isLoop(self, path):
        """Whether a file is of a class that holds loops."""
        sopClassUID, modality = self.value(path, "sopClassUID"), self.value(path, "modality")
        if sopClassUID == SECONDARY_CAPTURE:
            return modality in CAPTURED_MODALITIES
        if sopClassUID in OTHER_SECONDARY_CAPTURES:
            return bool(self.value(path, "frameTime") or self.value(path, "frameTimeVector"))
        return sopClassUID in (*X_RAY, *ULTRASOUND, GRAYSCALE_SECONDARY_CAPTURE)

    def slicesAmong(self, files):
        """Captures that tell where they lie, or their time at one place; some devices write 0 in each."""
        captures = [path for path in files if self.value(path, "sopClassUID") == SECONDARY_CAPTURE]
        places = {path: self.placeOf(path) for path in captures if self.value(path, "position")}
        return set(places) if len(set(places.values())) > 1 else set()

    def placeOf(self, path):
        """Position of an image, and the number of its time; what differs between the slices of volumes."""
        position = self.value(path, "position")
        try:
            position = tuple(float(number) for number in position.split("\\"))
        except ValueError:
            log.debug("A position is no numbers, and compared as text")
        return position, self.value(path, "temporalPosition")

    def loadableOfLoop(self, planes):
        """Offer the loop of one instance, or of the two planes of it."""
        path = planes[0]
        modality = self.value(path, "modality")
        loadable = DICOMLoadable()
        loadable.singleSequence = False
        loadable.files = planes
        loadable.name = self.nameOf(path, self.value(path, "instanceNumber"))
        loadable.tooltip = _("{modality} image sequence").format(modality=modality)
        if len(planes) > 1:
            loadable.tooltip += " " + _("({count} planes)").format(count=len(planes))
        loadable.grayscale = "MONOCHROME" in self.value(path, "photometricInterpretation")
        loadable.selected = True
        loadable.confidence = CONFIDENCE
        loadable.spacingMmPerPixel = None
        if modality == "US":
            loadable.spacingMmPerPixel = cine.ultrasound_spacing(cine.read_description(path))
            if loadable.spacingMmPerPixel is None:
                loadable.warning = _("The image is not calibrated; its pixels are taken as 1 mm large.")
        return loadable

    def loadablesOfMR(self, files):
        """Offer MR images by instance number, if each has one; how sure, the trigger times tell."""
        numbers = {path: self.numberOf(path, "instanceNumber") for path in files}
        if len(set(numbers.values())) < 2 or None in numbers.values():
            return []
        times = {self.value(path, "triggerTime") for path in files}
        planes = {self.value(path, "orientation") for path in files}
        loadable = DICOMLoadable()
        loadable.singleSequence = True
        loadable.files = sorted(files, key=lambda path: (numbers[path], self.millisecondsOf(path), path))
        loadable.instanceNumbers = sorted(numbers.values())
        loadable.name = self.nameOf(files[0], "")
        loadable.tooltip = _("{modality} image sequence").format(modality=self.value(files[0], "modality"))
        loadable.grayscale = "MONOCHROME" in self.value(files[0], "photometricInterpretation")
        loadable.selected = True
        loadable.confidence = PERHAPS_CINE
        if len(times) > FEW_TIMES:
            loadable.confidence = CINE_OF_SEVERAL_PLANES if len(planes) > 1 else CINE_OF_ONE_PLANE
        return [loadable]

    def nameOf(self, path, instanceNumber):
        """Give "3: US Echo [2]", without what is not known."""
        number = self.value(path, "seriesNumber")
        name = f"{number}: " if number else ""
        name += " ".join(filter(None, (self.value(path, "modality"), self.value(path, "seriesDescription"))))
        return (name + (f" [{instanceNumber}]" if instanceNumber else "")).strip()

    def numberOf(self, path, tagName):
        """A whole number; None if there is none."""
        try:
            return int(self.value(path, tagName))
        except ValueError:
            return None

    def millisecondsOf(self, path):
        """When an MR image was taken within the heartbeat; 0 if it does not tell."""
        try:
            return float(self.value(path, "triggerTime"))
        except ValueError:
            return 0.0

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        return _("There are no loops of X-ray, ultrasound or captures among the files, and no MR images.")

    # -- loading

    def load(self, loadable):
        """Add sequences with a browser, show it, and return the last sequence; None if nothing was read."""
        try:
            if loadable.singleSequence:
                nodes, rate = [self.sequenceOfImages(loadable)], CINE_RATE
            else:
                nodes, rate = self.sequencesOfPlanes(loadable)
        except (DICOMError, OSError) as error:
            log_failure(log, "The images of the sequence cannot be read", error, logging.INFO)
            loadable.loadError = reason_for_user(error)
            return None
        if getattr(loadable, "createBrowserNode", True):
            self.addBrowser(loadable, nodes, rate)
        return nodes[-1]

    def sequencesOfPlanes(self, loadable):
        """Add a sequence for each plane, or none if one cannot be read; give them and frames per second."""
        loops = []
        try:
            for path in loadable.files:
                loops.append(self.sequenceOfFrames(loadable, path))
        except (DICOMError, OSError):
            for node, _rate in loops:
                sequence.remove_sequence(node)
            raise
        return [node for node, _rate in loops], loops[0][1]

    def sequenceOfFrames(self, loadable, path):
        """Add a sequence of the frames of a file; returns it with its frames per second."""
        description = cine.read_description(path)
        angles = cine.angles(description) if len(loadable.files) > 1 else ""
        name = f"{loadable.name} ({angles})" if angles else loadable.name
        uid = slicer.dicomDatabase.instanceForFile(path)
        times = cine.frame_times_ms(description, int(description.get("NumberOfFrames") or 1))
        frames = cine.read_frames(path, loadable.spacingMmPerPixel)
        index, values = indexOf(times)
        items = (
            sequence.Item(values[number] if values else str(number), volume, {"DICOM.instanceUIDs": uid})
            for number, volume in enumerate(frames)
        )
        node = sequence.add_sequence(slicer.mrmlScene, name, index, items)
        sequence.keep_in_sequence_file(node)
        return node, sequence.frame_rate([time / 1000 for time in times or ()], CINE_RATE)

    def sequenceOfImages(self, loadable):
        """Add a sequence of the images of an MR series, each where the patient was."""
        numbers, index = loadable.instanceNumbers, sequence.Index("instance number", "")
        if len(set(numbers)) < len(numbers):
            numbers, index = range(len(numbers)), sequence.Index("frame", "")
        items = (
            sequence.Item(
                str(number),
                cine.read_placed_image(path),
                {
                    "DICOM.instanceUIDs": slicer.dicomDatabase.instanceForFile(path),
                    "DICOM.triggerTime": self.value(path, "triggerTime"),
                },
            )
            for number, path in zip(numbers, loadable.files, strict=True)
        )
        return sequence.add_sequence(slicer.mrmlScene, loadable.name, index, items)

    def addBrowser(self, loadable, nodes, rate):
        """Add a browser that plays the sequences, and show it."""
        browser = sequence.add_browser(nodes, loadable.name, rate)
        for node in nodes:
            proxy = browser.GetProxyNode(node)
            proxy.CreateDefaultDisplayNodes()
            if self.value(loadable.files[0], "photometricInterpretation") == "MONOCHROME1":
                proxy.GetDisplayNode().SetAndObserveColorNodeID(INVERTED_GREY)
            self.addSeriesInSubjectHierarchy(loadable, proxy)
        proxy = browser.GetProxyNode(nodes[0])
        display.apply_window_level_presets(proxy, self.windowPresets(loadable.files[0]))
        display.show_in_slice_views(proxy)
        sequence.show_browser(browser)

    def windowPresets(self, path):
        """Pairs (width, center) of a file; none if they are not usable."""
        return display.usable_presets(self.value(path, "windowCenter"), self.value(path, "windowWidth"))


def indexOf(times):
    """What tells frames apart that were taken at `times` (ms), and its values; none if they are counted."""
    for unit, milliseconds in (("s", 1000), ("ms", 1)):
        values = [time / milliseconds for time in times or ()]
        if values and sequence.are_distinct(values):
            return sequence.Index("time", unit), [f"{value:.3f}" for value in values]
    return sequence.Index("frame", ""), []


class DICOMImageSequencePlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Image Sequence Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads cine loops as sequences of images.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMImageSequencePlugin"] = DICOMImageSequencePluginClass
