"""Which instances need not come again."""

from __future__ import annotations

from pathlib import Path

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.indexing.instances_here import instances_here
from DICOMLib.network.conversation import Wanted
from Testing import factories


def test_only_instances_of_what_is_wanted_with_a_file(tmp_path: Path) -> None:
    study, ct, mr = (str(factories.uid(name)) for name in ("study", "ct", "mr"))
    slices = factories.ct_series(2, "ct")
    factories.write([*slices, *factories.mr_series(1)], tmp_path / "files")
    factories.write(factories.ct_series(1, "other", StudyInstanceUID="1.2.3"), tmp_path / "files", prefix="o")
    with Database.open(tmp_path / "db") as database:
        run(import_paths(database, [tmp_path / "files"]))
        names = {str(one.SOPInstanceUID) for one in slices}
        assert instances_here(database, [Wanted(study, ct)]) == names
        assert len(instances_here(database, [Wanted(study)])) == 3
        assert instances_here(database, [Wanted(study)]) > names
        assert len(instances_here(database, [Wanted(study, mr), Wanted("1.2.3")])) == 2
        assert instances_here(database, [Wanted("1.2.4"), Wanted("1.2.3", ct)]) == frozenset()
        with database.transaction() as connections:
            connections.main.execute("UPDATE Images SET Filename = '' WHERE SeriesInstanceUID = ?", (ct,))
        assert instances_here(database, [Wanted(study, ct)]) == frozenset()
