"""Manufacturing models: encapsulated STL and OBJ become segmentations with a closed surface."""

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.mrml.documents import encapsulated_model
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.segmentation import segmentation
from DICOMLib.plugins.exporters.model import ModelExport

SEGMENT_NAME = "Segment 1"


class DICOMM3DPluginClass(ModelExport, DICOMPlugin):
    """Offers each model by itself."""

    def __init__(self):
        super().__init__()
        self.loadType = _("DICOMM3D")

    def examineFiles(self, files):
        """Offer each model among the files of one series."""
        if not all(self.value(path, "instanceUID") for path in files):
            return []
        return [self.loadableOfFile(path) for path in files if self.isModel(path)]

    def isModel(self, path):
        """Whether a file holds a surface; a material library belongs to a surface and is none."""
        return (
            self.value(path, "modality") == "M3D"
            and self.value(path, "sopClassUID") != encapsulated_model.ENCAPSULATED_MTL
        )

    def loadableOfFile(self, path):
        """Offer one file."""
        loadable = DICOMLoadable()
        loadable.files = [path]
        loadable.name = self.value(path, "seriesDescription") or "Unknown"
        loadable.tooltip = loadable.name + _(" - as a DICOM M3D object")
        loadable.selected = True
        loadable.confidence = 0.95
        loadable.uid = self.value(path, "instanceUID")
        return loadable

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        if any(self.value(path, "sopClassUID") == encapsulated_model.ENCAPSULATED_MTL for path in files):
            return _("A material library is used by the model that refers to it.")
        return _("The modality is not M3D.")

    def load(self, loadable):
        """Add a segmentation with the surface as its one segment; True when that is done."""
        path = loadable.files[0]
        if not getattr(loadable, "uid", ""):
            return False
        dataset = read_dataset(path)
        surface = encapsulated_model.read_surface(dataset, path)
        node = segmentation.add_segmentation_node(
            slicer.mrmlScene, loadable.name, segmentation.CLOSED_SURFACE
        )
        node.SetAttribute("DICOM.instanceUIDs", loadable.uid)
        self.addSeriesInSubjectHierarchy(loadable, node)
        segment = slicer.vtkSegment()
        segment.SetName(SEGMENT_NAME)
        colour = encapsulated_model.recommended_colour(dataset) or self.colourOfMaterial(dataset)
        if colour:
            segment.SetColor(*colour)
        segment.AddRepresentation(segmentation.CLOSED_SURFACE, surface)
        node.GetSegmentation().AddSegment(segment)
        return True

    def colourOfMaterial(self, dataset):
        """Diffuse colour of the material library that a model refers to, if the database has it."""
        for uid in encapsulated_model.referenced_instances(dataset):
            path = slicer.dicomDatabase.fileForInstance(uid)
            if path and self.value(path, "sopClassUID") == encapsulated_model.ENCAPSULATED_MTL:
                return encapsulated_model.diffuse_colour(read_dataset(path))
        return None


class DICOMM3DPlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM M3D Object Import Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.dependencies = ["DICOM", "Colors"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads models encapsulated in DICOM. It has no user interface of its own.")
        parent.acknowledgementText = ""
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMM3DPlugin"] = DICOMM3DPluginClass
