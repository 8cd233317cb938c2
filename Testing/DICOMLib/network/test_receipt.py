"""Receipts: what became of several files of one instance, and texts that stay short."""

from __future__ import annotations

import shutil

from DICOMLib.core.jobs import run
from DICOMLib.network.background import Background
from DICOMLib.network.outcomes import Outcome, all_noted
from DICOMLib.network.outgoing import read_outgoing
from DICOMLib.network.receipt import NAMED, Receipt
from Testing import factories


def _two_files(tmp_path):
    (first,) = factories.write(factories.ct_series(1), tmp_path / "files")
    second = shutil.copy(first, tmp_path / "second.dcm")
    return read_outgoing(first), read_outgoing(second)


def note(receipt, outcome):
    """As the thread of an association tells it."""
    assert run(all_noted(Background([lambda tell: tell(outcome)], lambda: None), receipt, 0, "peer")) == 1


def test_a_second_file_that_is_refused_after_the_first_was_taken(tmp_path):
    first, second = _two_files(tmp_path)
    receipt = Receipt("sent")
    receipt.of_series(first.study, first.series).asked.add(first.sop_instance)
    note(receipt, Outcome(first))
    assert receipt.complete
    note(receipt, Outcome(second, "cannot understand"))
    assert (receipt.done, receipt.complete) == (1, False)
    assert receipt.faults == [(str(tmp_path / "second.dcm"), "cannot understand")]
    assert "1 x cannot understand" in receipt.as_text()


def test_a_first_file_that_is_refused_before_the_second_is_taken(tmp_path):
    first, second = _two_files(tmp_path)
    receipt = Receipt("sent")
    receipt.of_series(first.study, first.series).asked.add(first.sop_instance)
    note(receipt, Outcome(first, "cannot understand"))
    assert not receipt.complete
    note(receipt, Outcome(second))
    assert receipt.complete  # the peer has the instance
    told = "another file of this instance was not taken: cannot understand"
    assert receipt.notes == [(first.sop_instance, told)]


def test_what_a_cancelled_transfer_did_not_reach():
    receipt = Receipt("sent", cancelled=True)
    series = receipt.of_series("1.2", "1.2.3")
    series.asked |= {"1.2.3.1", "1.2.3.2", "1.2.3.3"}
    series.done.add("1.2.3.1")
    series.failed["1.2.3.2"] = "Refused"
    assert receipt.missing == [("1.2.3.2", "Refused"), ("1.2.3.3", "not reached: cancelled")]
    receipt.cancelled = False
    assert receipt.missing[1] == ("1.2.3.3", "no reason given")


def test_people_get_the_first_of_many_failures_programs_all():
    receipt = Receipt("received")
    series = receipt.of_series("1.2", "1.2.3")
    for number in range(NAMED + 7):
        series.asked.add(f"1.2.3.{number:03}")
        series.failed[f"1.2.3.{number:03}"] = "Refused"
    lines = receipt.as_text().splitlines()
    start = lines.index(f"{NAMED + 7} x Refused")
    assert lines[start + 1 : start + 3] == ["  1.2.3.000", "  1.2.3.001"]
    assert lines[start + NAMED + 1 :] == ["  … and 7 more"]
    assert len(receipt.as_dict()["missing"]) == NAMED + 7
