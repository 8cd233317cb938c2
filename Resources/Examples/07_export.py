"""Write a changed volume as DICOM: what changes is told first, the tags of its images are kept."""

import tempfile
from pathlib import Path

from DICOMLib.standard.phantom import SERIES_UID, write_head_phantom
from DICOMModule.Host.application import boot

folder = Path(tempfile.mkdtemp())
write_head_phantom(folder / "scans")

application = boot(gui=False, database_directory=folder / "database")

import pydicom
import slicer

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import examine_for_export, export
from DICOMLib.plugins.export_preview import preview

DICOMUtils.importDicom(str(folder / "scans"))
(node_id,) = DICOMUtils.loadSeriesByUID([SERIES_UID])
volume = slicer.mrmlScene.GetNodeByID(node_id)
slicer.util.updateVolumeFromArray(volume, slicer.util.arrayFromVolume(volume).clip(-200, 300))

hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
types = run(examine_for_export([hierarchy.GetItemByDataNode(volume)])).types
print("\n".join(one.text for one in types))

(images,) = [one for one in types if one.plugin == "DICOMScalarVolumePlugin"]
images.exportables[0].setTag("SeriesDescription", "Clipped")
((_, changes),) = preview(images.exportables)
for change in changes:
    print(f"{change.kind:8}{change.tag}  {change.name}")

report = run(export(images.exportables, folder / "exported"))
print(report.as_text())
written = pydicom.dcmread(report.files[0])

assert report.succeeded
assert len(report.files) == 128
assert written.SeriesInstanceUID != SERIES_UID
assert written.SeriesDescription == "Clipped"

application.shutdown()
