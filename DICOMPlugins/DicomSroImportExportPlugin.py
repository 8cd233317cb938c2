"""Spatial registrations: rigid, affine and deformable ones become transforms."""

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.mrml import registration, subject_hierarchy
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.reference_volume import volumes_of_frame
from DICOMLib.plugins.exporters.registration import RegistrationExport

SOP_CLASSES = (registration.SPATIAL_REGISTRATION, registration.DEFORMABLE_REGISTRATION)


class DicomSroImportExportPluginClass(RegistrationExport, DICOMPlugin):
    """Offers each registration by itself."""

    def __init__(self):
        super().__init__()
        self.loadType = _("Spatial Registration")
        self.tags["contentLabel"] = "0070,0080"

    def examineFiles(self, files):
        """Offer each registration among the files of one series."""
        return [self.loadableOfFile(path) for path in files if self.value(path, "sopClassUID") in SOP_CLASSES]

    def loadableOfFile(self, path):
        """Offer one file, named like "5: REG: Description"."""
        isDeformable = self.value(path, "sopClassUID") == registration.DEFORMABLE_REGISTRATION
        name = "DREG" if isDeformable else "REG"
        description = self.value(path, "seriesDescription") or self.value(path, "contentLabel")
        if description:
            name += f": {description}"
        if self.value(path, "seriesNumber"):
            name = f"{self.value(path, 'seriesNumber')}: {name}"
        loadable = DICOMLoadable()
        loadable.files = [path]
        loadable.name = name
        loadable.tooltip = _("{name} - as a transform").format(name=name)
        loadable.selected = True
        loadable.confidence = 1.0
        self.addReferences(loadable)
        return loadable

    def addReferences(self, loadable):
        """Note the images that are registered."""
        wanted = ["ReferencedSeriesSequence", "StudiesContainingOtherReferencedInstancesSequence"]
        dataset = read_dataset(loadable.files[0], only=wanted)
        series = list(dataset.get("ReferencedSeriesSequence") or ())
        for study in dataset.get("StudiesContainingOtherReferencedInstancesSequence") or ():
            series += study.get("ReferencedSeriesSequence") or ()
        uids = []
        for item in series:
            files = slicer.dicomDatabase.filesForSeries(str(item.get("SeriesInstanceUID", "")))
            uids += [self.value(path, "instanceUID") for path in files]
        loadable.referencedInstanceUIDs = list(dict.fromkeys(uids))

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        return _("It is no spatial registration.")

    def load(self, loadable):
        """Add a transform for each registered frame of reference and return the first one."""
        path = loadable.files[0]
        dataset = read_dataset(path)
        if self.value(path, "sopClassUID") == registration.DEFORMABLE_REGISTRATION:
            found = registration.read_deformations(dataset, path)
            add = registration.add_deformable_transform
        else:
            found = registration.read_registrations(dataset, path)
            add = registration.add_linear_transform
        nodes = [add(slicer.mrmlScene, one, loadable.name) for one in found]
        for node, one in zip(nodes, found, strict=True):
            node.SetAttribute("DICOM.instanceUIDs", str(dataset.SOPInstanceUID))
            self.noteVolumes(node, one)
        self.addSeriesInSubjectHierarchy(loadable, nodes[0])
        subject_hierarchy.add_beside(nodes[0], nodes[1:])
        return nodes[0]

    def noteVolumes(self, node, found):
        """Let a transform refer to the volumes that it registers, as far as they are loaded."""
        roles = (
            (slicer.vtkMRMLTransformNode.GetMovingNodeReferenceRole(), found.moving_frame),
            (slicer.vtkMRMLTransformNode.GetFixedNodeReferenceRole(), found.fixed_frame),
        )
        for role, frame in roles:
            volumes = volumes_of_frame(slicer.mrmlScene, frame) if frame else []
            if volumes:
                node.SetNodeReferenceID(role, volumes[0].GetID())


class DicomSroImportExportPlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Spatial Registration Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads spatial registrations. It has no user interface of its own.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DicomSroImportExportPlugin"] = DicomSroImportExportPluginClass
