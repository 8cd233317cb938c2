"""Load a series through its plugin, as Slicer does, without a window."""

import tempfile
from pathlib import Path

from DICOMLib.standard.phantom import SERIES_UID, write_head_phantom
from DICOMModule.Host.application import boot

folder = Path(tempfile.mkdtemp())
write_head_phantom(folder / "scans")

application = boot(gui=False, database_directory=folder / "database")

# from here on, as in Slicer's Python console
import slicer

from DICOMLib import DICOMUtils

DICOMUtils.importDicom(str(folder / "scans"))
(node_id,) = DICOMUtils.loadSeriesByUID([SERIES_UID])
volume = slicer.mrmlScene.GetNodeByID(node_id)
voxels = slicer.util.arrayFromVolume(volume)
print(volume.GetName(), voxels.shape, voxels.dtype, "spacing", volume.GetSpacing(), "mm")
slicer.util.saveNode(volume, str(folder / "head.nrrd"))

assert voxels.shape == (128, 256, 256)
assert (folder / "head.nrrd").exists()

application.shutdown()
