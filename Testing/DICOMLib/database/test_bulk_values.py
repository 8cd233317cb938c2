"""Values of many instances: the answer of the view, read in another way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from DICOMLib.database import Database, FileRecord, stored_values, tag_cache
from DICOMLib.database.bulk_values import texts_of, values_of
from DICOMLib.database.tag_cache import PlainStore

TAGS = ["0008,0060", "0020,0013", "0008,103E", "0028,0010", "0018,0050", "0018,0060", "0018,0088"]


@pytest.fixture
def sops(database: Database, record: Callable[..., FileRecord]) -> list[str]:
    """Instances that share values, differ, lack one, were changed by CTK's statements, or are unknown."""
    records = [
        record(f"9.{n}", t0008_0060="CT", t0020_0013=str(n), t0008_103E="" if n == 3 else "Axial")
        for n in range(6)
    ]
    records.append(record("9.7", t0020_000E="1.2.9", **{f"t0018_00{n}": "other" for n in ("50", "60", "88")}))
    database.insert_records(records, TAGS)
    with database.tag_transaction() as connections:
        run = connections.cache.execute
        run("INSERT OR REPLACE INTO TagCache VALUES ('9.1', '0028,0010', '512')")
        run("INSERT OR REPLACE INTO TagCache VALUES ('9.1', '0008,103E', '__TAG_NOT_IN_INSTANCE__')")
        run("INSERT OR REPLACE INTO TagCache VALUES ('8.8', '0008,0060', 'MR')")
        run("DELETE FROM TagCache WHERE SOPInstanceUID = '9.2' AND Tag = '0008,0060'")
        run("DELETE FROM TagCache WHERE SOPInstanceUID = '9.4'")
    return [*(f"9.{n}" for n in range(8)), "8.8", "unknown"]


@pytest.mark.parametrize("tags", [TAGS, TAGS[:1], ["0008,103e"], []])
def test_the_answer_is_that_of_the_view(database: Database, sops: list[str], tags: list[str]) -> None:
    expected: dict[str, dict[str, str]] = {sop: {} for sop in sops}
    texts: dict[str, dict[str, str]] = {sop: {} for sop in sops}
    for sop, tag, text in database.read_tags(tag_cache.cached_many, sops, tags):
        texts[sop][tag] = text
        if text not in stored_values.SENTINELS:
            expected[sop][tag] = text
    assert database.values(sops, tags) == expected
    assert database.read_tags(values_of, PlainStore(), sops, tags) == expected
    assert database.texts(sops, tags) == texts
    assert database.read_tags(texts_of, PlainStore(), sops, tags) == texts
    if tags == TAGS:
        assert texts["9.1"]["0008,103E"] == texts["9.3"]["0008,103E"] == stored_values.NOT_IN_INSTANCE
        assert expected["9.1"] == {"0008,0060": "CT", "0020,0013": "1", "0028,0010": "512"}
        assert expected["9.2"] == {"0020,0013": "2", "0008,103E": "Axial"}
        assert expected["9.4"] == expected["unknown"] == {}
        assert expected["8.8"] == {"0008,0060": "MR"}


def test_changing_the_answer_changes_nothing_else(database: Database, sops: list[str]) -> None:
    answer = database.values(sops, TAGS)
    answer["9.0"]["0008,0060"] = "changed"
    assert answer["9.5"]["0008,0060"] == "CT"
