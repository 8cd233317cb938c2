"""The button Query tells what became of the last query, and the page why it is empty; with a real PACS."""

from __future__ import annotations

import pytest

from DICOMLib.widgets.visual.query_state import Outcome
from Testing.DICOMLib.widgets.visual.test_browser import shown_studies
from Testing.DICOMModule.driving import click, type_into

pytestmark = [pytest.mark.gui, pytest.mark.network]


def picture_of(button):
    return button.icon().pixmap(24, 24).toImage()


def has_outcome(browser, outcome):
    return lambda: browser._query_state.outcome is outcome


@pytest.fixture
def outcomes(online, monkeypatch):
    """What is told, in its order."""
    state, told = online._query_state, []
    monkeypatch.setattr(state, "_on_change", lambda: told.append(state.outcome))
    return told


def test_between_patients_studies_and_series_it_is_still_asked(qtbot, online, outcomes):
    type_into(qtbot, online.filterBar.patientID, "A1")
    click(qtbot, online.queryButton)
    qtbot.waitUntil(lambda: len(outcomes) == 2, timeout=30_000)
    assert outcomes == [Outcome.ASKING, Outcome.ANSWERED]
    assert len(shown_studies(online)) == 2
    assert online._origins.keys() == {"1.2.1.1", "1.2.1.2", "1.2.2.1"}
    assert not online._query_goes_on()


def test_a_query_that_is_stopped_has_no_outcome(qtbot, online, outcomes):
    online.scheduler().freezeJobsScheduling = True
    type_into(qtbot, online.filterBar.patientID, "A1")
    click(qtbot, online.queryButton)
    qtbot.waitUntil(has_outcome(online, Outcome.ASKING))
    qtbot.waitUntil(online.stopButton.isEnabled)
    click(qtbot, online.stopButton)
    qtbot.waitUntil(lambda: len(outcomes) == 2, timeout=10_000)
    assert outcomes == [Outcome.ASKING, Outcome.NONE]
    online.scheduler().freezeJobsScheduling = False


def test_it_is_told_that_servers_are_asked_and_have_answered(qtbot, online):
    button = online.queryButton
    pictures = {Outcome.NONE: picture_of(button)}
    online.scheduler().freezeJobsScheduling = True
    type_into(qtbot, online.filterBar.patientID, "A1")
    assert "Press Import" in online._empty.text()
    click(qtbot, button)
    qtbot.waitUntil(has_outcome(online, Outcome.ASKING))
    assert online._stack.currentWidget() is online._empty
    assert online._empty.text() == "Query in progress…"
    pictures[Outcome.ASKING] = picture_of(button)
    online.scheduler().freezeJobsScheduling = False
    qtbot.waitUntil(lambda: len(shown_studies(online)) == 2, timeout=30_000)
    qtbot.waitUntil(has_outcome(online, Outcome.ANSWERED), timeout=20_000)
    pictures[Outcome.ANSWERED] = picture_of(button)
    assert all(pictures[one] != pictures[other] for one in pictures for other in pictures if one is not other)
    assert "have answered" in button.toolTip()
    type_into(qtbot, online.filterBar.patientID, "A")
    assert online._query_state.outcome is Outcome.NONE
    assert picture_of(button) == pictures[Outcome.NONE]


def test_servers_that_have_nothing_are_no_empty_database(qtbot, online):
    type_into(qtbot, online.filterBar.patientID, "NOBODY")
    click(qtbot, online.queryButton)
    qtbot.waitUntil(has_outcome(online, Outcome.ANSWERED), timeout=20_000)
    assert online._empty.text() == "The servers have nothing that matches the filters."


def test_a_server_that_fails_is_seen_at_the_button_until_the_next_query(qtbot, online):
    online.scheduler().maximumNumberOfRetry = 1
    online.server("Archive").queryRetrieveEnabled = False
    online.server("Dead").queryRetrieveEnabled = True
    type_into(qtbot, online.filterBar.patientID, "A1")
    click(qtbot, online.queryButton)
    qtbot.waitUntil(has_outcome(online, Outcome.FAILED), timeout=20_000)
    assert "did not answer" in online.queryButton.toolTip()
    online.server("Archive").queryRetrieveEnabled = True
    online.server("Dead").queryRetrieveEnabled = False
    click(qtbot, online.queryButton)
    qtbot.waitUntil(has_outcome(online, Outcome.ANSWERED), timeout=20_000)
