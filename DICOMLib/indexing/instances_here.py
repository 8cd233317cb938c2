"""Which instances of what is wanted are in a database already, so that they need not come again."""

from __future__ import annotations

from collections.abc import Iterable

from DICOMLib.database import Database
from DICOMLib.network.conversation import Wanted


def instances_here(database: Database, wanted: Iterable[Wanted]) -> frozenset[str]:
    """SOP Instance UIDs of the studies and series that are wanted, of which the database has files.

    Others are of no interest: a database may hold millions of them.
    """
    return frozenset(
        str(row["SOPInstanceUID"])
        for one in wanted
        for series in database.rows("series", StudyInstanceUID=one.study)
        if one.series in ("", series["SeriesInstanceUID"])
        for row in database.rows("instances", SeriesInstanceUID=series["SeriesInstanceUID"])
        if row["Filename"]
    )
