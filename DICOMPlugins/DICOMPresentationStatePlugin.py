"""Presentation states: window to the volume, texts and drawings to markups, overlays to segments."""

import logging

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.core.errors import UnusableData
from DICOMLib.mrml import subject_hierarchy
from DICOMLib.mrml.documents import presented_overlays, presented_volume
from DICOMLib.mrml.documents.presentation_state import GRAYSCALE_PRESENTATION_STATE, read_presentation_state
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.reference_volume import find_reference_volume
from DICOMLib.mrml.volumes import display

log = logging.getLogger(__name__)


class DICOMPresentationStatePluginClass(DICOMPlugin):
    """Offers each Grayscale Softcopy Presentation State by itself."""

    def __init__(self):
        super().__init__()
        self.loadType = _("Presentation State")
        self.tags["contentLabel"] = "0070,0080"
        self.tags["imageHorizontalFlip"] = "0070,0041"
        self.tags["imageRotation"] = "0070,0042"

    def examineFiles(self, files):
        """Offer each presentation state among the files of one series."""
        states = [path for path in files if self.value(path, "sopClassUID") == GRAYSCALE_PRESENTATION_STATE]
        return [self.loadableOfFile(path) for path in states]

    def loadableOfFile(self, path):
        """Offer one file, named like "9: PR: Label"."""
        name = "PR"
        label = self.value(path, "contentLabel") or self.value(path, "seriesDescription")
        if label:
            name += f": {label}"
        if self.value(path, "seriesNumber"):
            name = f"{self.value(path, 'seriesNumber')}: {name}"
        loadable = DICOMLoadable()
        loadable.files = [path]
        loadable.name = name
        loadable.tooltip = _("{name} - window, annotations and overlays of images").format(name=name)
        loadable.selected = True
        loadable.confidence = 0.95
        loadable.warning = self.warningOfTurns(path)
        self.addReferences(loadable)
        return loadable

    def warningOfTurns(self, path):
        """What is not done: volumes are shown as the patient lies, not as an image is turned on a screen."""
        rotation = self.value(path, "imageRotation")
        turns = []
        if rotation not in ("", "0"):
            turns.append(_("turned by {degrees} degrees").format(degrees=rotation))
        turns += [_("mirrored")] if self.value(path, "imageHorizontalFlip") == "Y" else []
        if not turns:
            return ""
        return _(
            "The state shows its images {turns}. They are not shown so: "
            "a volume keeps its place in the patient."
        ).format(turns=_(" and ").join(turns))

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        return _("It is no Grayscale Softcopy Presentation State.")

    def load(self, loadable):
        """Apply the state to its volumes, loaded if need be; return a text node that tells of it."""
        dataset = read_dataset(loadable.files[0])
        state = read_presentation_state(dataset)
        volumes = self.volumesOf(str(dataset.StudyInstanceUID), state)
        for volume in volumes:
            presented_volume.apply_window(volume, state)
        node = slicer.mrmlScene.AddNewNodeByClass(
            "vtkMRMLTextNode", slicer.mrmlScene.GenerateUniqueName(loadable.name)
        )
        node.SetText(presented_volume.summary(state))
        node.SetAttribute("DICOM.instanceUIDs", str(dataset.SOPInstanceUID))
        self.addSeriesInSubjectHierarchy(loadable, node)
        annotations = presented_volume.add_annotations(slicer.mrmlScene, volumes, state)
        annotations += presented_overlays.add_overlays(slicer.mrmlScene, volumes, state)
        subject_hierarchy.add_beside(node, annotations, loadable.name if annotations else "")
        display.show_in_slice_views(volumes[0])
        return node

    def volumesOf(self, studyUID, state):
        """The volume of each series that the state is for, loaded if it is not in the scene."""
        found = [self.volumeOf(studyUID, series, images) for series, images in state.series.items()]
        volumes = [volume for volume in found if volume is not None]
        if not volumes:
            raise UnusableData("The images of the presentation state are not in the database.")
        if len(volumes) < len(found):
            log.warning("Not all series of the presentation state could be loaded.")
        return volumes

    def volumeOf(self, studyUID, seriesUID, images):
        """The volume of some images of a series; None if it cannot be loaded."""
        instanceUIDs = [uid for uid, _frame in images]
        volume = find_reference_volume(slicer.mrmlScene, studyUID, seriesUID, instanceUIDs)
        files = slicer.dicomDatabase.filesForSeries(seriesUID) if seriesUID else []
        return self.loadVolume(list(files)) if volume is None and files else volume

    def loadVolume(self, files):
        """Load a series as a volume; None if it is none."""
        plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
        offered = plugin.examineForImport([files])
        selected = [loadable for loadable in offered if loadable.selected] or offered
        return plugin.load(selected[0]) if selected else None


class DICOMPresentationStatePlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Presentation State Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads presentation states. It has no user interface of its own.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMPresentationStatePlugin"] = DICOMPresentationStatePluginClass
