"""GE automated breast ultrasound: the sweep of an Invenia ABUS becomes a volume with its acquisition arc."""

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.core.errors import DICOMError
from DICOMLib.mrml.images import breast_ultrasound, cine
from DICOMLib.mrml.images.image_header import read_image_header
from DICOMLib.mrml.images.pixels import Frame, read_image
from DICOMLib.mrml.volumes import display, volume

US_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"
MODEL = "Invenia"
CONFIDENCE = 0.9


class DICOMGeAbusPluginClass(DICOMPlugin):
    """Offers the images of the scanner that tell the curvature of its probe."""

    showsPixels = True

    def __init__(self):
        super().__init__()
        self.loadType = _("GE ABUS")
        self.tags.update(
            {
                "instanceNumber": "0020,0013",
                "modality": "0008,0060",
                "photometricInterpretation": "0028,0004",
                "manufacturerModelName": "0008,1090",
            }
        )

    def examineFiles(self, files):
        """Offer the images of this scanner among the files."""
        return [self.loadableOf(path) for path in files if self.isOfScanner(path)]

    def isOfScanner(self, path):
        """Whether a file is of this scanner; its header is read if its class and model say so."""
        return (
            self.value(path, "sopClassUID") == US_MULTI_FRAME
            and self.value(path, "manufacturerModelName") == MODEL
            and breast_ultrasound.has_probe_radius(cine.read_description(path), self.findPrivateTag)
        )

    def loadableOf(self, path):
        """Offer one file."""
        number, instance = self.value(path, "seriesNumber"), self.value(path, "instanceNumber")
        words = (self.value(path, "modality"), self.value(path, "seriesDescription"))
        name = (f"{number}: " if number else "") + " ".join(filter(None, words))
        loadable = DICOMLoadable()
        loadable.files = [path]
        loadable.name = (name + (f" [{instance}]" if instance else "")).strip()
        loadable.tooltip = _("GE Invenia ABUS")
        loadable.warning = _("Loading of this image type is experimental. Please verify the image geometry.")
        loadable.selected = True
        loadable.confidence = CONFIDENCE
        loadable.grayscale = "MONOCHROME" in self.value(path, "photometricInterpretation")
        return loadable

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        return _("The files are no images of a GE Invenia ABUS.")

    def load(self, loadable):
        """Add a volume node under the transform that bends it as it was acquired, and return it.

        Raises
        ------
        ValueError
            If the file cannot be read, or does not tell how it was acquired.
        """
        path = loadable.files[0]
        dataset = cine.read_description(path)
        geometry = breast_ultrasound.scan_geometry(dataset, self.findPrivateTag)
        try:
            header = read_image_header(path)
            image = read_image([Frame(header, index) for index in range(header.frames)])
        except (DICOMError, OSError) as error:
            raise ValueError(
                _("The ultrasound volume cannot be read: {error}").format(error=error)
            ) from error
        matrix = breast_ultrasound.ijk_to_ras(geometry, image.GetDimensions())
        node = volume.add_volume_node(slicer.mrmlScene, volume.Volume(image, matrix), loadable.name)
        node.SetAttribute("DICOM.instanceUIDs", slicer.dicomDatabase.instanceForFile(path))
        for key, text in breast_ultrasound.descriptions(dataset, self.findPrivateTag).items():
            node.SetAttribute(f"DICOM.{key}", text)
        self.addSeriesInSubjectHierarchy(loadable, node)
        breast_ultrasound.add_arc_transform(node, geometry)
        display.show_in_slice_views(node)
        return node


class DICOMGeAbusPlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM GE ABUS Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads automated breast ultrasound of the GE Invenia ABUS.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMGeAbusPlugin"] = DICOMGeAbusPluginClass
