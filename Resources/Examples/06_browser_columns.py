"""Columns of the browser by script, in Slicer's words; they are stored in the database."""

import tempfile

from DICOMModule.Host.application import boot

application = boot(gui=True, testing=True, database_directory=tempfile.mkdtemp())
application.show_main_window()

import slicer

# from here on, as in Slicer's Python console
slicer.util.selectModule("DICOM")
browser = slicer.modules.dicom.widgetRepresentation().self().browserWidget.dicomBrowser
database = browser.database()

database.setVisibilityForField("Patients", "PatientsBirthDate", False)
database.setDisplayedNameForField("Patients", "DisplayedPatientsName", "Name")
database.setWeightForField("Series", "SeriesDescription", 5)
database.setFormatForField("Series", "SeriesDescription", '{"resizeMode":"stretch"}')

# they are still there after the database is opened again
database_directory = browser.databaseDirectory
browser.databaseDirectory = ""
browser.databaseDirectory = database_directory

assert database.displayedNameForField("Patients", "DisplayedPatientsName") == "Name"
assert not database.visibilityForField("Patients", "PatientsBirthDate")

application.shutdown()
