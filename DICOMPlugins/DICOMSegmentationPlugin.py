"""Segmentations: SEG objects (binary, fractional, label map) become segmentation nodes, and back."""

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.reference_volume import find_reference_volume, grid_in_volume
from DICOMLib.mrml.segmentation import segmentation
from DICOMLib.mrml.segmentation.segment_masks import (
    PLACING_ATTRIBUTES,
    frame_placements,
    read_masks,
    why_no_volume,
)
from DICOMLib.mrml.segmentation.segments import read_segments
from DICOMLib.plugins.exporters.segmentation import SegmentationExport
from DICOMLib.plugins.scripting.segmentation_exporter import (
    DICOMSegmentationExporter as DICOMSegmentationExporter,
)


class DICOMSegmentationPluginClass(SegmentationExport, DICOMPlugin):
    """Offers each SEG file as one segmentation."""

    def __init__(self):
        super().__init__()
        self.loadType = _("DICOMSegmentation")
        self.tags["segmentationType"] = "0062,0001"
        self.tags["dimensionOrganizationType"] = "0020,9311"
        self.tags["imageOrientationSlide"] = "0048,0102"

    # -- examination

    def examineFiles(self, files):
        """Offer each segmentation among the files of one series whose frames lie in the patient."""
        segmentations = [path for path in files if self.value(path, "modality") == "SEG"]
        return [self.loadableOfFile(path) for path in segmentations if not self.whyNoVolume(path)]

    def whyNoVolume(self, path):
        """Why a segmentation cannot be loaded; empty if it can. The file is read where tags raise doubt."""
        isOfSlide = self.value(path, "imageOrientationSlide") or self.value(path, "dimensionOrganizationType")
        if self.value(path, "frameOfReferenceUID") and not isOfSlide:
            return ""
        return why_no_volume(read_dataset(path, only=PLACING_ATTRIBUTES))

    def loadableOfFile(self, path):
        """Offer one file."""
        loadable = DICOMLoadable()
        loadable.files = [path]
        loadable.name = self.value(path, "seriesDescription") or "Unknown"
        loadable.tooltip = loadable.name + _(" - as a DICOM SEG object")
        loadable.selected = True
        loadable.confidence = 0.95
        loadable.uid = self.value(path, "instanceUID")
        if self.value(path, "segmentationType") == "FRACTIONAL":
            loadable.warning = _("Fractions are shown as a segment where they are at least one half.")
        self.addReferences(loadable)
        return loadable

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        reasons = [self.whyNoVolume(path) for path in files if self.value(path, "modality") == "SEG"]
        if not reasons:
            return _("The modality is not SEG.")
        return f"{reasons[0][:1].upper()}{reasons[0][1:]}."

    # -- loading

    def load(self, loadable):
        """Add a segmentation node; True when that is done."""
        path = loadable.files[0]
        dataset = read_dataset(path)
        volume = find_reference_volume(
            slicer.mrmlScene,
            str(dataset.StudyInstanceUID),
            getattr(loadable, "referencedSeriesUID", ""),
            getattr(loadable, "referencedInstanceUIDs", ()),
        )
        size = (int(dataset.Rows), int(dataset.Columns))
        bent = grid_in_volume(volume, frame_placements(dataset, path), *size)
        masks = read_masks(dataset, path, bent)
        node = segmentation.add_segmentation_node(slicer.mrmlScene, loadable.name)
        node.SetAttribute("DICOM.instanceUIDs", str(dataset.SOPInstanceUID))
        if masks.fractions:
            kind = str(dataset.get("SegmentationFractionalType", ""))
            node.SetAttribute(segmentation.FRACTIONAL_TYPE_ATTRIBUTE, kind)
        self.addSeriesInSubjectHierarchy(loadable, node)
        segmentation.use_geometry_of(node, volume, masks.grid.ijk_to_ras, masks.grid.shape)
        if bent is not None:
            node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
        segmentation.add_segments(node, read_segments(dataset), masks, loadable.name)
        node.CreateClosedSurfaceRepresentation()
        return True


class DICOMSegmentationPlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Segmentation Object Import Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.dependencies = ["DICOM", "Colors"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads DICOM segmentation objects. It has no user interface of its own.")
        parent.acknowledgementText = ""
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMSegmentationPlugin"] = DICOMSegmentationPluginClass
