"""Import a folder into a database and list what is in it. No Qt and no MRML is needed."""

import tempfile
from pathlib import Path

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.standard.phantom import write_head_phantom

folder = Path(tempfile.mkdtemp())
write_head_phantom(folder / "scans")
(folder / "scans" / "notes.txt").write_text("This is no DICOM file.")

with Database.open(folder / "database") as database:
    report = run(import_paths(database, [folder / "scans"]))
    print(report.as_text())
    for series in database.rows("series"):
        print(series["Modality"], series["SeriesDescription"], series["DisplayedCount"], "files")
    instances = database.instances(series["SeriesInstanceUID"])
    heights = database.values(instances, ["0020,1041"])  # Slice Location, one query for all

assert report.instances == 128
assert len(report.skipped) == 1
assert len(heights) == 128
