"""Files into the database: header scan, DICOMDIR, import jobs and their account."""

from DICOMLib.indexing.importer import ImportOptions, import_paths
from DICOMLib.indexing.report import AccountLine, ImportReport
from DICOMLib.indexing.walk import WalkOptions

__all__ = ["AccountLine", "ImportOptions", "ImportReport", "WalkOptions", "import_paths"]
