"""Jobs: driving, progress, cancelling at the first, a middle and the last step, worker threads."""

from __future__ import annotations

import threading

import pytest

from DICOMLib.core.jobs import JobCancelled, JobRunner, Progress, run


def counting(steps, done):
    """A job with a report: it notes each step and tells how far it came when it is stopped."""
    try:
        for step in range(steps):
            done.append(step)
            yield Progress(step + 1, steps, "counting")
    except JobCancelled:
        return "stopped"
    return "finished"


def test_run_returns_the_report_and_shows_each_step():
    seen = []
    assert run(counting(3, []), seen.append) == "finished"
    assert [(p.done, p.total, p.percent) for p in seen] == [(1, 3, 33), (2, 3, 66), (3, 3, 100)]


@pytest.mark.parametrize("last", [1, 2, 3])
def test_cancelled_job_stops_where_it_is_and_still_reports(last):
    done: list[int] = []
    assert run(counting(3, done), is_cancelled=lambda: len(done) == last) == "stopped"
    assert done == list(range(last))


def test_cancelled_job_without_a_report_raises():
    def silent():
        yield Progress()
        pytest.fail("the job went on after it was cancelled")

    with pytest.raises(JobCancelled):
        run(silent(), is_cancelled=lambda: True)


def test_a_stopped_job_may_still_yield_while_it_ends():
    def tidy():
        try:
            yield Progress(1, 2)
        except JobCancelled:
            yield Progress(2, 2, "tidying")
        return "tidied"

    assert run(tidy(), is_cancelled=lambda: True) == "tidied"


def test_error_of_a_job_reaches_the_caller():
    def broken():
        yield Progress()
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        run(broken())


def test_percent_is_zero_while_the_total_is_unknown():
    assert Progress(7, 0).percent == 0


def test_runner_works_in_another_thread_and_delivers_report():
    threads, reports = set(), []

    def where():
        threads.add(threading.current_thread())
        yield Progress(1, 1)
        return "there"

    handle = JobRunner().start(where(), on_done=reports.append)
    assert handle.wait(5)
    assert reports == ["there"]
    assert threading.current_thread() not in threads


def test_runner_cancels():
    started, reports = threading.Event(), []

    def endless():
        try:
            while True:
                started.set()
                yield Progress()
        except JobCancelled:
            return "stopped"

    handle = JobRunner().start(endless(), on_done=reports.append)
    assert started.wait(5)
    assert handle.running
    handle.cancel()
    assert handle.wait(5)
    assert reports == ["stopped"]


def test_runner_delivers_through_the_given_door():
    calls, reports = [], []
    handle = JobRunner(deliver=calls.append).start(counting(2, []), on_done=reports.append)
    assert handle.wait(5)
    assert reports == []
    for call in calls:
        call()
    assert reports == ["finished"]


def test_runner_hands_over_errors():
    def broken():
        yield Progress()
        raise ValueError("no")

    errors: list[Exception] = []
    assert JobRunner().start(broken(), on_error=errors.append).wait(5)
    assert [str(error) for error in errors] == ["no"]


def test_runner_logs_an_error_nobody_takes(caplog):
    path = "/data/Doe^Jane/1.dcm"

    def broken():
        yield Progress()
        raise ValueError(path)

    assert JobRunner().start(broken()).wait(5)
    assert "a job failed (ValueError)" in caplog.text
    assert "in broken" in caplog.text
    assert "Doe" not in caplog.text
