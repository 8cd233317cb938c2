"""Fields whose values are matched in a way of their own."""

from __future__ import annotations

import pytest

from Testing.DICOMLib.database.conftest import judge, make_record


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Geometry:uneven", ["s1", "s4"]),
        ("geometry:Tilted", ["s2", "s4"]),
        ("Geometry:mixed", ["s3"]),
        ("Geometry:unknown", ["s5"]),
        ("Geometry:mixed,unknown", ["s3", "s5"]),
        ("Geometry:mixed\\unknown", ["s3", "s5"]),
        ("Geometry!=uneven Geometry:*", ["s2", "s3", "s5"]),
        ("Geometry:even", []),
        ("Geometry:*1.5*", ["s1"]),
        ('"Geometry:mixed: some images have no position"', []),
        ('Geometry:"mixed: some images have no position"', ["s3"]),
    ],
)
def test_the_kind_of_a_geometry_finds_its_verdicts(database, text, found):
    verdicts = {
        "s1": "uneven: 20 slices, 1.5 to 3 mm apart",
        "s2": "tilted: 28 slices, 5 mm apart, tilted by 12.0°",
        "s3": "mixed: some images have no position",
        "s4": "uneven: 9 slices, 2 to 3 mm apart, tilted by 12.0°",
        "s5": "unknown",
    }
    database.insert_records(
        [make_record(f"{uid}.1", t0010_0020="P2", t0020_000D="st", t0020_000E=uid) for uid in verdicts], ()
    )
    judge(database, verdicts)
    assert database.search("series", text) == found
