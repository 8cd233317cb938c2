"""A column of your own in the series table, filled by a rule from the tags of the instances."""

import tempfile
from pathlib import Path

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.fields import DisplayedFieldRule, Merge, registry
from DICOMLib.indexing import import_paths
from DICOMLib.standard.phantom import write_head_phantom


class ScannerRule(DisplayedFieldRule):
    """Manufacturer and slice thickness in one column."""

    name = "Scanner"
    required_tags = ("0008,0070", "0018,0050")
    merge = {"Series.Scanner": Merge.CONCATENATE}
    titles = {"Series.Scanner": "Scanner and thickness"}

    def fields_for_instance(self, tags):
        return {"Series.Scanner": f"{tags['0008,0070']} {tags['0018,0050']} mm"}


registry.register(ScannerRule())

folder = Path(tempfile.mkdtemp())
write_head_phantom(folder / "scans")
with Database.open(folder / "database") as database:
    run(import_paths(database, [folder / "scans"]))
    database.set_column("Series", "Scanner", Weight=3)
    (series,) = database.rows("series")
    print(series["Scanner"])
    # columns that rules fill can be searched like any other
    assert database.search("series", '"Scanner and thickness"~mm') == [series["SeriesInstanceUID"]]

assert series["Scanner"].endswith(" mm")
