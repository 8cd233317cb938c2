"""Measurement reports (TID 1500): tables of measurements, markups, and the segments that were measured."""

import logging

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.core.errors import DICOMError, reason_of
from DICOMLib.mrml import subject_hierarchy
from DICOMLib.mrml.documents import sr_history, sr_nodes, sr_report
from DICOMLib.mrml.documents.tables import add_table_node
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.reference_volume import RWV_ATTRIBUTE
from DICOMLib.mrml.volumes.real_world_values import REAL_WORLD_VALUE_MAPPING_STORAGE

log = logging.getLogger(__name__)

EVIDENCE = ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")


class DICOMTID1500PluginClass(DICOMPlugin):
    """Offers each measurement report by itself."""

    def __init__(self):
        super().__init__()
        self.loadType = _("DICOM Structured Report TID1500")
        self.tags.update(
            {
                "PatientID": "0010,0020",
                "StudyDate": "0008,0020",
                "StudyInstanceUID": "0020,000D",
                "SeriesInstanceUID": "0020,000E",
                "SeriesNumber": "0020,0011",
                "SeriesDescription": "0008,103E",
                "SOPInstanceUID": "0008,0018",
                "ReferencedSeriesSequence": "0008,1115",
                "Modality": "0008,0060",
                "FrameOfReferenceUID": "0020,0052",
                "PixelSpacing": "0028,0030",
                "Rows": "0028,0010",
                "Columns": "0028,0011",
            }
        )

    # -- examination

    def examineFiles(self, files):
        """Offer each measurement report among the files of one series."""
        return [self.loadableOfFile(path) for path in files if self.isReport(path)]

    def isReport(self, path):
        """Whether a file is a report by the template."""
        return (
            self.value(path, "modality") == "SR"
            and self.value(path, "sopClassUID") in sr_report.SOP_CLASSES
            and sr_report.is_measurement_report(read_dataset(path, only=["ContentTemplateSequence"]))
        )

    def loadableOfFile(self, path):
        """Offer one file."""
        description = self.value(path, "seriesDescription") or "Unknown"
        loadable = DICOMLoadable()
        loadable.files = [path]
        loadable.name = f"Unnamed Reference {description} - SR TID1500"
        loadable.tooltip = description + _(" - as a DICOM SR TID1500 object")
        loadable.selected = True
        loadable.confidence = 0.95
        loadable.uid = self.value(path, "instanceUID")
        self.addReferences(loadable)
        return loadable

    def addReferences(self, loadable):
        """Note the segmentations and images that the report is based on, as far as the database has them."""
        series = sr_report.evidence(read_dataset(loadable.files[0], only=EVIDENCE))
        segmentations, mappings, others = [], [], []
        for seriesUID, instances in series.items():
            if any(sopClass == REAL_WORLD_VALUE_MAPPING_STORAGE for sopClass, _uid in instances):
                mappings += [uid for _sopClass, uid in instances]
                continue
            if any(sopClass in sr_report.SEGMENTATIONS for sopClass, _uid in instances):
                segmentations += [uid for _sopClass, uid in instances]
                continue
            known = [
                self.value(path, "instanceUID") for path in slicer.dicomDatabase.filesForSeries(seriesUID)
            ]
            others += known or [uid for _sopClass, uid in instances]
        loadable.ReferencedSegInstanceUIDs = segmentations
        loadable.ReferencedRWVMInstanceUIDs = mappings
        loadable.referencedInstanceUIDs = list(dict.fromkeys(segmentations + mappings + others))
        if series and not any(slicer.dicomDatabase.filesForSeries(uid) for uid in series):
            loadable.warning = _("None of the series that the report refers to is in the database.")

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        if any(self.value(path, "modality") == "SR" for path in files):
            return _("The report is no measurement report (TID 1500).")
        return _("The modality is not SR.")

    # -- loading

    def load(self, loadable):
        """Add the tables and markups of a report; whether there was something in it."""
        path = loadable.files[0]
        dataset = read_dataset(path)
        report = sr_report.read_report(dataset)
        name = str(dataset.get("SeriesDescription") or loadable.name)
        table = sr_nodes.add_measurements_table(slicer.mrmlScene, report, name)
        annotations = sr_nodes.add_annotations(slicer.mrmlScene, report, slicer.dicomDatabase.fileForInstance)
        measured = sr_nodes.add_measured_regions(
            slicer.mrmlScene, report, slicer.dicomDatabase.fileForInstance
        )
        if table is None and not annotations and not measured:
            table = add_table_node(slicer.mrmlScene, name, [sr_nodes.TRACKING], [])
        others = [*annotations, *measured]
        main = table or others.pop(0)
        main.SetAttribute(sr_history.REPORT, str(dataset.SOPInstanceUID))
        main.SetAttribute("DICOM.instanceUIDs", str(dataset.SOPInstanceUID))
        sr_history.link_reports(slicer.mrmlScene, slicer.dicomDatabase)
        self.addSeriesInSubjectHierarchy(loadable, main)
        number = self.value(path, "seriesNumber")
        folder = f"{number}: {name}" if number else name
        subject_hierarchy.add_beside(main, others, folder if others else "")
        mappings = getattr(loadable, "ReferencedRWVMInstanceUIDs", ())
        self.loadMappedImages(mappings, str(dataset.get("SeriesInstanceUID", "")))
        self.loadSegmentations(report, main)
        self.showFirst([*annotations, *measured])
        self.showTable(main)
        return True

    def loadMappedImages(self, instanceUIDs, series=""):
        """Load the images in the real-world values that were measured, as far as they are in the database.

        Parameters
        ----------
        instanceUIDs
            Of the mappings.
        series
            Series of the report, which is told where images cannot be loaded.
        """
        pluginClass = slicer.modules.dicomPlugins.get("DICOMRWVMPlugin")
        volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        loaded = {volume.GetAttribute(RWV_ATTRIBUTE) for volume in volumes}
        paths = [slicer.dicomDatabase.fileForInstance(uid) for uid in instanceUIDs if uid not in loaded]
        if pluginClass is None or not any(paths):
            return
        plugin = pluginClass()
        for loadable in plugin.examineForImport([[path] for path in paths if path]):
            try:
                plugin.load(loadable)
            except DICOMError as error:
                why = reason_of(error).rstrip(".")
                log.warning("Series %s: the images of the report are not loaded (%s).", series, why)

    def loadSegmentations(self, report, table):
        """Load segmentations that were measured unless they are loaded, and mark their segments."""
        nodes = {}
        for group in report.groups:
            for instanceUID, number in group.segments:
                if instanceUID not in nodes:
                    nodes[instanceUID] = self.segmentationOf(instanceUID)
                node = nodes[instanceUID]
                segment = node.GetSegmentation().GetSegment(f"Segment_{number}") if node else None
                if segment is not None and group.tracking_uid:
                    segment.SetTag("TrackingUniqueIdentifier", group.tracking_uid)
        ids = [node.GetID() for node in nodes.values() if node is not None]
        if ids:
            table.SetAttribute("ReferencedSegmentationNodeID", " ".join(ids))

    def segmentationOf(self, instanceUID):
        """The segmentation node of an instance, loaded if need be; None if the database does not have it."""
        for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
            if node.GetAttribute("DICOM.instanceUIDs") == instanceUID:
                return node
        path = slicer.dicomDatabase.fileForInstance(instanceUID)
        pluginClass = slicer.modules.dicomPlugins.get("DICOMSegmentationPlugin")
        if not path or pluginClass is None:
            return None
        plugin = pluginClass()
        for loadable in plugin.examineForImport([[path]]):
            if plugin.load(loadable):
                return self.segmentationOf(instanceUID)
        return None

    def showFirst(self, nodes):
        """Let the slice views jump to the first markup."""
        markups = next((node for node in nodes if node.IsA("vtkMRMLMarkupsNode")), None)
        if markups is not None:
            logic = slicer.modules.markups.logic()
            logic.JumpSlicesToNthPointInMarkup(markups.GetID(), 0, True)

    def showTable(self, node):
        """Show a table of measurements beside the views, where there is a window."""
        layoutManager = slicer.app.layoutManager()
        if layoutManager is None or not node.IsA("vtkMRMLTableNode"):
            return
        logic = slicer.app.applicationLogic()
        logic.GetSelectionNode().SetActiveTableID(node.GetID())
        withTable = slicer.modules.tables.logic().GetLayoutWithTable(layoutManager.layout)
        layoutManager.setLayout(withTable)
        logic.PropagateTableSelection()


class DICOMTID1500Plugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM TID1500 Structured Report Import Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.dependencies = ["DICOM", "Colors"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads DICOM measurement reports. It has no user interface of its own.")
        parent.acknowledgementText = ""
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMTID1500Plugin"] = DICOMTID1500PluginClass
