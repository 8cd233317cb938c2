"""The DICOM browser in a Qt program of your own: any QMainWindow, any QApplication."""

import sys
import tempfile
from pathlib import Path

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QMainWindow

program = QApplication(sys.argv)  # before the boot: the program is yours

from DICOMLib.standard.phantom import SERIES_UID, write_head_phantom
from DICOMModule.Host.application import boot

folder = Path(tempfile.mkdtemp())
write_head_phantom(folder / "scans")
host = boot(gui=True, database_directory=folder / "database")

import slicer

from DICOMLib import DICOMUtils

window = QMainWindow()
browser = slicer.app.createDICOMBrowserForMainDatabase()
window.setCentralWidget(browser)
window.resize(900, 600)
window.show()

DICOMUtils.importDicom(str(folder / "scans"))
DICOMUtils.loadSeriesByUID([SERIES_UID])
print("Volumes in the scene:", slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode"))

if "--stay" not in sys.argv:  # without it, the example ends by itself
    QTimer.singleShot(0, program.quit)
program.exec_()
window.close()
host.shutdown()
