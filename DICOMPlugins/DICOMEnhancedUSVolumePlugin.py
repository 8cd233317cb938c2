"""Enhanced ultrasound volumes: the frames of a 3D acquisition become a volume."""

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.core.errors import DICOMError
from DICOMLib.mrml.volumes import display, volume

ENHANCED_US_VOLUME = "1.2.840.10008.5.1.4.1.1.6.2"
CONFIDENCE = 0.8


class DICOMEnhancedUSVolumePluginClass(DICOMPlugin):
    """Offers each Enhanced US Volume instance as a volume in the frame of its transducer."""

    showsPixels = True

    def __init__(self):
        super().__init__()
        self.loadType = _("Enhanced US volume")
        self.tags.update(
            {"instanceNumber": "0020,0013", "modality": "0008,0060", "photometricInterpretation": "0028,0004"}
        )

    def examineFiles(self, files):
        """Offer the ultrasound volumes among the files."""
        return [
            self.loadableOf(path) for path in files if self.value(path, "sopClassUID") == ENHANCED_US_VOLUME
        ]

    def loadableOf(self, path):
        """Offer one file."""
        loadable = DICOMLoadable()
        loadable.files = [path]
        loadable.name = self.nameOf(path)
        loadable.tooltip = _("Ultrasound volume")
        loadable.warning = _("Loading of this image type is experimental. Please verify the image geometry.")
        loadable.selected = True
        loadable.confidence = CONFIDENCE
        loadable.singleSequence = False
        loadable.grayscale = "MONOCHROME" in self.value(path, "photometricInterpretation")
        return loadable

    def nameOf(self, path):
        """Give "3: US Heart [2]"; "volume" stands for a missing description."""
        number, instance = self.value(path, "seriesNumber"), self.value(path, "instanceNumber")
        name = f"{number}: " if number else ""
        name += f"{self.value(path, 'modality')} {self.value(path, 'seriesDescription') or 'volume'}"
        return (name + (f" [{instance}]" if instance else "")).strip()

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        return _("The files are no Enhanced US Volume instances.")

    def load(self, loadable):
        """Add a volume node and return it.

        Raises
        ------
        ValueError
            If the file cannot be read.
        """
        try:
            read = volume.read_volume(loadable.files)
        except (DICOMError, OSError) as error:
            raise ValueError(
                _("The ultrasound volume cannot be read: {error}").format(error=error)
            ) from error
        node = volume.add_volume_node(slicer.mrmlScene, read, loadable.name)
        uids = [slicer.dicomDatabase.instanceForFile(path) for path in loadable.files]
        node.SetAttribute("DICOM.instanceUIDs", " ".join(uids))
        self.addSeriesInSubjectHierarchy(loadable, node)
        display.show_in_slice_views(node)
        return node


class DICOMEnhancedUSVolumePlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Enhanced US Volume Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads enhanced ultrasound volumes.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMEnhancedUSVolumePlugin"] = DICOMEnhancedUSVolumePluginClass
