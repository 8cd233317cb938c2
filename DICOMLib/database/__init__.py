"""The database of DICOM files, in the format of Slicer and CTK."""

from DICOMLib.database.database import Database
from DICOMLib.database.records import Changes, Column, Event, FileRecord, InsertReport

__all__ = ["Changes", "Column", "Database", "Event", "FileRecord", "InsertReport"]
