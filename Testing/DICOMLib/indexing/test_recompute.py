"""Displayed fields made anew: tags that were never cached are read, what fails is told."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.database import Database
from DICOMLib.fields import DisplayedFieldGenerator, DisplayedFieldRule, Merge, RuleRegistry
from DICOMLib.fields.builtin import BUILTIN_RULES
from DICOMLib.indexing import import_paths
from DICOMLib.indexing.recompute import recompute_fields
from Testing import factories

KERNEL = "0018,1210"


class Kernel(DisplayedFieldRule):
    name = "Kernel"
    required_tags = (KERNEL,)
    merge: ClassVar = {"Series.Kernel": Merge.CONCATENATE}

    def fields_for_instance(self, tags):
        return {"Series.Kernel": tags[KERNEL]}


class Failing(Kernel):
    name = "Failing"

    def fields_for_instance(self, tags):
        raise KeyError("its own fault")


def generator(*rules: DisplayedFieldRule) -> DisplayedFieldGenerator:
    return DisplayedFieldGenerator(RuleRegistry([*(rule() for rule in BUILTIN_RULES), *rules]))


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    datasets = factories.ct_series(3)
    for dataset, kernel in zip(datasets, ("SOFT", "BONE", "SOFT"), strict=True):
        dataset.ConvolutionKernel = kernel
    return factories.write(datasets, tmp_path / "files")


@pytest.fixture
def database(tmp_path: Path, files: list[str]):
    with Database.open(tmp_path / "database") as opened:
        run(import_paths(opened, files))
        yield opened


def kernel(database: Database) -> str | None:
    (row,) = database.rows("series")
    return row.get("Kernel")


def test_a_rule_that_came_later(database: Database) -> None:
    assert kernel(database) is None
    report = run(recompute_fields(database, generator(Kernel())))
    assert (report.series, report.read, report.failed, report.failed_rules) == (1, 3, [], [])
    assert kernel(database) == "SOFT, BONE"
    assert run(recompute_fields(database, generator(Kernel()))).read == 0


def test_the_new_column_can_be_searched(database: Database) -> None:
    run(recompute_fields(database, generator(Kernel())))
    (uid,) = (row["SeriesInstanceUID"] for row in database.rows("series"))
    assert database.search("series", "Kernel:soft*") == database.search("series", "bone") == [uid]
    assert database.search("series", "Kernel:other") == []


def test_files_that_are_gone_or_broken(database: Database, files: list[str]) -> None:
    Path(files[0]).unlink()
    Path(files[1]).write_bytes(b"no DICOM")
    report = run(recompute_fields(database, generator(Kernel())))
    assert report.read == 1
    assert [path for path, _reason in report.failed] == [files[1]]
    assert kernel(database) == "SOFT"
    (row,) = database.rows("series")
    assert row["DisplayedCount"] == 3


def test_a_rule_that_fails(database: Database) -> None:
    report = run(recompute_fields(database, generator(Failing(), Kernel())))
    assert report.failed_rules == [("Failing", "KeyError")]
    assert kernel(database) == "SOFT, BONE"


def test_cancel_keeps_what_is_there(database: Database) -> None:
    with pytest.raises(JobCancelled):
        run(recompute_fields(database, generator(Kernel())), is_cancelled=lambda: True)
    assert kernel(database) is None
    assert run(recompute_fields(database, generator(Kernel()))).series == 1
    assert kernel(database) == "SOFT, BONE"
