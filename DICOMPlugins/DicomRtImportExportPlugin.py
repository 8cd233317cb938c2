"""Radiotherapy: structure sets, doses, plans and portal images."""

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.mrml import subject_hierarchy
from DICOMLib.mrml.documents.tables import add_vtk_table
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.radiotherapy import dose, plan, structure_set
from DICOMLib.mrml.radiotherapy.beams import read_beams
from DICOMLib.mrml.radiotherapy.bent_contours import unbent
from DICOMLib.mrml.radiotherapy.contour_grid import grid_for_contours
from DICOMLib.mrml.radiotherapy.rt_image import ijk_to_ras_of_rt_image
from DICOMLib.mrml.radiotherapy.rt_structures import read_structures, referenced_series
from DICOMLib.mrml.reference_volume import find_reference_volume
from DICOMLib.mrml.segmentation import segmentation
from DICOMLib.mrml.volumes import display, regularize, volume
from DICOMLib.plugins.exporters.structure_set import StructureSetExport
from DICOMLib.plugins.volumes.acquisition import put_slices_right
from DICOMLib.plugins.volumes.slices import regularization_advice
from DICOMLib.standard import dose_grid

RT_IMAGE = "1.2.840.10008.5.1.4.1.1.481.1"
RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
RT_PLANS = ("1.2.840.10008.5.1.4.1.1.481.5", "1.2.840.10008.5.1.4.1.1.481.8")

# What each class is called, and the tag that tells one object of a series from another.
KINDS = {
    RT_IMAGE: ("RTIMAGE", "rtImageLabel"),
    RT_DOSE: ("RTDOSE", "instanceNumber"),
    RT_STRUCTURE_SET: ("RTSTRUCT", "structureSetLabel"),
    **dict.fromkeys(RT_PLANS, ("RTPLAN", "rtPlanLabel")),
}
# Sequences of the first level that refer to other objects of radiotherapy (PS3.3 C.8.8).
REFERENCES = ("ReferencedRTPlanSequence", "ReferencedStructureSetSequence", "ReferencedDoseSequence")


class DicomRtImportExportPluginClass(StructureSetExport, DICOMPlugin):
    """Offers each object of radiotherapy by itself."""

    def __init__(self):
        super().__init__()
        self.loadType = _("RT")
        self.tags.update(
            {
                "instanceNumber": "0020,0013",
                "structureSetLabel": "3006,0002",
                "rtImageLabel": "3002,0002",
                "rtPlanLabel": "300A,0002",
                "doseUnits": "3004,0002",
            }
        )

    # -- examination

    def examineFiles(self, files):
        """Offer each object of radiotherapy among the files of one series."""
        return [self.loadableOfFile(path) for path in files if self.value(path, "sopClassUID") in KINDS]

    def loadableOfFile(self, path):
        """Offer one file, named like "3: RTSTRUCT: Description [Label]"."""
        kind, labelTag = KINDS[self.value(path, "sopClassUID")]
        name = kind
        if self.value(path, "seriesDescription"):
            name += ": " + self.value(path, "seriesDescription")
        if self.value(path, labelTag):
            name += f" [{self.value(path, labelTag)}]"
        if self.value(path, "seriesNumber"):
            name = f"{self.value(path, 'seriesNumber')}: {name}"
        loadable = DICOMLoadable()
        loadable.files = [path]
        loadable.name = name
        loadable.tooltip = _("{name} - as radiotherapy data").format(name=name)
        loadable.selected = True
        loadable.confidence = 1.0
        if kind == "RTDOSE":
            loadable.warning = " ".join(self.doubtsAboutDose(path))
        self.addReferences(loadable)
        return loadable

    def doubtsAboutDose(self, path):
        """What the user should know of a dose: its unit, and how surely its planes lie where they are put."""
        dataset = read_dataset(path, only=[*dose_grid.ATTRIBUTES, "DoseGridScaling"])
        told = []
        if self.value(path, "doseUnits") not in ("", "GY"):
            told.append(_("The dose is relative, not in Gy."))
        if "DoseGridScaling" not in dataset:
            told.append(_("There is no Dose Grid Scaling: the voxels are stored values."))
        doubts = dose_grid.doubts_about_offsets(dataset)
        if not doubts and dose_grid.is_uneven(dataset):
            told.append(_("The planes of the dose are not equally spaced.") + " " + regularization_advice())
        return told + doubts

    def addReferences(self, loadable):
        """Note plans, structure sets and doses that are referred to, and the images that were contoured."""
        loadable.referencedSeriesUID = ""
        uids, paths = [], [loadable.files[0]]
        for path in paths:  # grows: a dose refers to a plan, that to a structure set, that to images
            dataset = read_dataset(path, only=["ReferencedFrameOfReferenceSequence", *REFERENCES])
            seriesUID, images = referenced_series(dataset)
            loadable.referencedSeriesUID = loadable.referencedSeriesUID or seriesUID
            files = slicer.dicomDatabase.filesForSeries(seriesUID) if seriesUID else ()
            uids += images + [self.value(file, "instanceUID") for file in files]
            for sequence in REFERENCES:
                found = [
                    str(item.get("ReferencedSOPInstanceUID", "")) for item in dataset.get(sequence) or ()
                ]
                known = [slicer.dicomDatabase.fileForInstance(uid) for uid in found]
                uids += found
                paths += [file for file in known if file and file not in paths]
        loadable.referencedInstanceUIDs = [uid for uid in dict.fromkeys(uids) if uid]

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        return _("It is no structure set, dose, plan or image of radiotherapy.")

    # -- loading

    def load(self, loadable):
        """Add the nodes of one object and return the main one."""
        sopClass = self.value(loadable.files[0], "sopClassUID")
        loaders = {
            RT_IMAGE: self.loadImage,
            RT_DOSE: self.loadDose,
            RT_STRUCTURE_SET: self.loadStructureSet,
            **dict.fromkeys(RT_PLANS, self.loadPlan),
        }
        return loaders[sopClass](loadable)

    def loadStructureSet(self, loadable):
        """Add a segmentation with the contours, and a point list if there are marked points."""
        dataset = read_dataset(loadable.files[0])
        structures = read_structures(dataset)
        # not all images of the series, which may make many volumes
        known = {uid: slicer.dicomDatabase.fileForInstance(uid) for uid in referenced_series(dataset)[1]}
        drawnOn = {uid: path for uid, path in known.items() if path}
        reference = find_reference_volume(
            slicer.mrmlScene,
            str(dataset.StudyInstanceUID),
            loadable.referencedSeriesUID,
            drawnOn or loadable.referencedInstanceUIDs,
            only_of_these=bool(drawnOn),
        )
        bent = unbent(structures, reference)
        structures = structures if bent is None else bent
        contours = [
            contour.points_lps
            for structure in structures
            for contour in structure.contours
            if contour.is_closed
        ]
        images = slicer.dicomDatabase.filesForSeries(loadable.referencedSeriesUID)
        matrix, shape = grid_for_contours(
            contours, reference, images, is_unbent=bent is not None, drawn_on=list(drawnOn.values())
        )
        node = segmentation.add_segmentation_node(slicer.mrmlScene, loadable.name)
        node.SetAttribute("DICOM.instanceUIDs", str(dataset.SOPInstanceUID))
        self.addSeriesInSubjectHierarchy(loadable, node)
        segmentation.use_geometry_of(node, reference, matrix, shape)
        if bent is not None:
            node.SetAndObserveTransformNodeID(reference.GetTransformNodeID())
        structure_set.add_structures(node, structures, matrix, loadable.name)
        structure_set.show_as_outlines(node, structures)
        node.CreateClosedSurfaceRepresentation()
        points = structure_set.add_marked_points(slicer.mrmlScene, structures, f"{loadable.name} points")
        if points is not None:
            subject_hierarchy.add_beside(node, [points])
        return node

    def loadDose(self, loadable):
        """Add a volume of dose in isodose colours, and the histograms that come with it."""
        dataset = read_dataset(loadable.files[0], stop_before_pixels=True)
        result = volume.read_volume(loadable.files)
        node = volume.add_volume_node(slicer.mrmlScene, result, loadable.name, auto_window=False)
        node.SetAttribute("DICOM.instanceUIDs", str(dataset.SOPInstanceUID))
        self.addSeriesInSubjectHierarchy(loadable, node)
        if dose_grid.is_uneven(dataset):
            put_slices_right(node, regularize.geometry_of_frames(loadable.files[0]))
        dose.describe_dose(node, str(dataset.get("DoseUnits", "GY")), str(dataset.get("DoseGridScaling", "")))
        dose.colour_dose(node, self.referenceDose(dataset) or node.GetImageData().GetScalarRange()[1])
        names = self.namesOfStructures(dataset)
        histograms = dose.dose_volume_histograms(dataset, names)
        if histograms is not None:
            table = add_vtk_table(slicer.mrmlScene, f"{loadable.name} DVH", histograms)
            subject_hierarchy.add_beside(node, [table])
        dose.show_over_anatomy(node)
        return node

    def referencedDatasets(self, datasets, sequence):
        """Objects that others refer to in a sequence, as far as the database has them."""
        uids = [
            str(item.get("ReferencedSOPInstanceUID", ""))
            for dataset in datasets
            for item in dataset.get(sequence) or ()
        ]
        paths = [slicer.dicomDatabase.fileForInstance(uid) for uid in dict.fromkeys(uids) if uid]
        return [read_dataset(path) for path in paths if path]

    def referenceDose(self, dataset):
        """The highest prescribed dose of the plans of a dose, in Gy; 0 if not known or it is relative."""
        if str(dataset.get("DoseUnits") or "GY") != "GY":
            return 0.0
        doses = [
            float(item.get("TargetPrescriptionDose") or 0)
            for plan_dataset in self.referencedDatasets([dataset], "ReferencedRTPlanSequence")
            for item in plan_dataset.get("DoseReferenceSequence") or ()
        ]
        return max(doses, default=0.0)

    def namesOfStructures(self, dataset):
        """Names by ROI Number of the structure set that a dose refers to, or else that of its plan.

        Numbers of other structure sets may be those of other structures (PS3.3 C.8.8.4).
        """
        sources = [dataset]
        if not dataset.get("ReferencedStructureSetSequence"):
            sources = self.referencedDatasets([dataset], "ReferencedRTPlanSequence")[:1]
        sets = self.referencedDatasets(sources, "ReferencedStructureSetSequence")[:1]
        return {structure.number: structure.name for one in sets for structure in read_structures(one)}

    def loadPlan(self, loadable):
        """Add a table of the beams, a point list of isocentres and a model of each beam."""
        dataset = read_dataset(loadable.files[0])
        beams = read_beams(dataset)
        node = plan.add_beam_table(slicer.mrmlScene, beams, loadable.name)
        node.SetAttribute("DICOM.instanceUIDs", str(dataset.SOPInstanceUID))
        self.addSeriesInSubjectHierarchy(loadable, node)
        isocentres = plan.add_isocentres(slicer.mrmlScene, beams, f"{loadable.name} isocenters")
        others = plan.add_beam_models(slicer.mrmlScene, beams)
        if isocentres is not None:
            others.insert(0, isocentres)
        subject_hierarchy.add_beside(node, others, loadable.name)
        return node

    def loadImage(self, loadable):
        """Add a volume of one slice, placed where the receptor was."""
        dataset = read_dataset(loadable.files[0], stop_before_pixels=True)
        read = volume.read_volume(loadable.files)
        placed = volume.Volume(read.image, ijk_to_ras_of_rt_image(dataset), read.low_is_bright)
        node = volume.add_volume_node(slicer.mrmlScene, placed, loadable.name)
        node.SetAttribute("DICOM.instanceUIDs", str(dataset.SOPInstanceUID))
        self.addSeriesInSubjectHierarchy(loadable, node)
        display.show_in_slice_views(node)
        return node


class DicomRtImportExportPlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Radiotherapy Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.dependencies = ["DICOM", "Colors"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads data of radiotherapy. It has no user interface of its own.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DicomRtImportExportPlugin"] = DicomRtImportExportPluginClass
