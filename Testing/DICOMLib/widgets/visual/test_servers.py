"""What the visual browser asks servers for, and what it tells where it cannot; real servers are asked in
the tests of the script repository."""

from __future__ import annotations

from datetime import date

import pytest

from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.widgets.visual.filters import DateType, Filters
from DICOMLib.widgets.visual.queries import query_keys

pytestmark = pytest.mark.gui

TODAY = date(2024, 3, 1)


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (Filters(), {}),
        (Filters("P1", "Doe"), {"ID": "P1", "Name": "Doe"}),
        (
            Filters(study_description="Head", modalities=("CT", "MR")),
            {"Study": "Head", "Modalities": ["CT", "MR"]},
        ),
        (Filters(date=DateType.LastWeek), {"StartDate": "20240223", "EndDate": "20240301"}),
        (
            Filters(date=DateType.CustomRange, first=date(2020, 1, 2), last=date(2020, 2, 3)),
            {"StartDate": "20200102", "EndDate": "20200203"},
        ),
    ],
)
def test_filters_as_a_query(filters, keys):
    assert query_keys(filters, TODAY) == keys


@pytest.fixture
def browser(qtbot, settings, tmp_path):
    from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
    from DICOMLib.widgets.visual.browser import ctkDICOMVisualBrowserWidget

    database = ctkDICOMDatabase(str(tmp_path / "ctkDICOM.sql"))
    widget = ctkDICOMVisualBrowserWidget(database)
    widget.removeAllServers()
    qtbot.addWidget(widget)
    yield widget
    widget.onClose()
    widget._tasks.stop()
    database.closeDatabase()


def server(name: str) -> ctkDICOMServer:
    made = ctkDICOMServer()
    made.connectionName, made.host, made.port = name, "localhost", 1
    return made


def test_servers_by_place_and_name(browser):
    assert [browser.addServer(server(name)) for name in ("a", "b", "a", "")] == [0, 1, -1, -1]
    assert browser.serversCount() == 2
    assert browser.server("b") is browser.server(1)
    assert (browser.getServerNameFromIndex(0), browser.getServerIndexFromName("b")) == ("a", 1)
    browser.removeServer("a")
    assert browser.server(0).connectionName == "b"
    browser.removeAllServers()
    assert (browser.serversCount(), browser.server(0)) == (0, None)


def test_patients_are_tabs_or_a_list_as_a_script_says(browser):
    view = browser.patientView()
    for mode in (view.DisplayMode.ListMode, view.DisplayMode.TabMode):
        view.displayMode = mode
        assert view.displayMode == mode


def told(browser) -> str:
    return browser._tasks.information.label.text()


def test_what_cannot_be_asked_is_told(browser):
    browser.onQueryPatients()
    assert "No server is enabled" in told(browser)
    assert not browser.networkPanel().isVisibleTo(browser)
    browser._tasks.information.actionButton.click()
    assert browser.networkPanel().isVisibleTo(browser)
    assert browser.networkPanel().currentWidget() is browser.serverSettingsWidget()
    browser.addServer(server("a"))
    browser.onQueryPatients()
    assert "Fill in a filter" in told(browser)
    browser.onQueryRetrieveOptionToggled(False)
    browser.onQueryPatients()
    assert "No server is enabled" in told(browser)


def test_a_server_that_does_not_answer_is_named(browser, qtbot):
    browser.scheduler().maximumNumberOfRetry = 0
    browser.addServer(server("nobody"))
    browser.filteringPatientID = "P1"
    browser.onQueryPatients()
    qtbot.waitUntil(lambda: "nobody" in told(browser), timeout=20_000)
