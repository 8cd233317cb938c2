"""Which servers are asked about a patient, chosen with the mouse; with a real PACS."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from qtpy.QtCore import QPoint, Qt

from DICOMLib.compat.ctkDICOMJobResponseSet import JobType, ctkDICOMJobResponseSet
from Testing.DICOMLib.widgets.visual.test_browser import shown_series, shown_studies
from Testing.DICOMLib.widgets.visual.test_retrieval import BONE, HEAD, T1, ask
from Testing.DICOMModule.driving import click, type_into

pytestmark = [pytest.mark.gui, pytest.mark.network]


def open_menu(button):
    """The list of servers, open; a click on the button itself would wait for its end."""
    button.menu().popup(button.mapToGlobal(QPoint(0, button.height())))
    return button.menu()


def entries(menu):
    return [(action.text(), action.isChecked(), action.isEnabled()) for action in menu.actions()]


def choose(qtbot, button, place):
    """Click an entry of the list of servers."""
    menu = open_menu(button)
    qtbot.mouseClick(menu, Qt.LeftButton, pos=menu.actionGeometry(menu.actions()[place]).center())
    qtbot.waitUntil(lambda: not menu.isVisible())


def connections(browser):
    uid = browser.patientList.current()
    return browser.dicomDatabase().connectionsInformationForPatient(uid)


def query(qtbot, browser):
    """Ask for Anna, and wait until there is nothing more to ask."""
    type_into(qtbot, browser.filterBar.patientID, "A1")
    qtbot.keyClick(browser.filterBar.patientID, Qt.Key_Return)
    qtbot.waitUntil(lambda: not browser.stopButton.isEnabled(), timeout=20_000)


def test_a_server_that_is_not_trusted_is_asked_unless_it_was_denied(qtbot, online):
    online.server("Archive").trustedEnabled = False
    database, page = online.dicomDatabase(), online.patientPage
    answer = Dataset()
    answer.PatientID, answer.PatientName = "A1", "Adams^Anna"
    told = ctkDICOMJobResponseSet(jobType=JobType.QueryPatients)
    told.setDatasets({"A1": answer})
    database.insert([told])
    database.updateConnectionsForPatient("1", [], ["Archive"])
    query(qtbot, online)
    qtbot.waitUntil(page.hintLabel.isVisible, timeout=20_000)
    assert shown_studies(online) == []
    menu = open_menu(page.serversButton)
    assert entries(menu) == [("Archive", False, True)]
    menu.close()
    choose(qtbot, page.serversButton, 0)
    assert connections(online) == {"allow": ["Archive"], "deny": []}
    expected = {"1.2.2": ["1.2.2.1"], HEAD: [BONE, T1]}
    qtbot.waitUntil(lambda: shown_series(online) == expected, timeout=20_000)
    assert not page.hintLabel.isVisible()
    choose(qtbot, page.serversButton, 0)
    assert connections(online) == {"allow": [], "deny": ["Archive"]}


def test_a_server_that_is_trusted_is_always_asked(qtbot, online):
    ask(qtbot, online)
    online.server("Dead").queryRetrieveEnabled = True
    online.server("Dead").trustedEnabled = False
    menu = open_menu(online.patientPage.serversButton)
    assert entries(menu) == [("Archive (trusted)", True, False), ("Dead", False, True)]
    menu.close()
    choose(qtbot, online.patientPage.serversButton, 1)
    assert connections(online) == {"allow": ["Archive", "Dead"], "deny": []}


def test_without_servers_the_list_says_so(qtbot, online):
    ask(qtbot, online)
    online.removeAllServers()
    menu = open_menu(online.patientPage.serversButton)
    assert entries(menu) == [("No server is enabled for queries.", False, False)]
    menu.close()


def test_without_filters_the_studies_of_the_current_patient_are_asked_for(qtbot, online, dicom_folder):
    with qtbot.waitSignal(online.directoryImported):
        online.importFiles([str(dicom_folder / "1.2.1.1.1.dcm")])
    assert shown_series(online) == {HEAD: [BONE]}
    click(qtbot, online.queryButton)
    expected = {"1.2.2": ["1.2.2.1"], HEAD: [BONE, T1]}
    qtbot.waitUntil(lambda: shown_series(online) == expected, timeout=20_000)
    qtbot.waitUntil(lambda: not online._busy_jobs(), timeout=10_000)
    assert [one.patient_id for one in online.patientList.patients()] == ["A1"]


def test_a_description_of_series_alone_is_asked_for_at_their_level(qtbot, online):
    type_into(qtbot, online.filterBar.seriesDescription, "Lung")
    qtbot.keyClick(online.filterBar.seriesDescription, Qt.Key_Return)
    qtbot.waitUntil(lambda: shown_series(online) == {"1.2.3": ["1.2.3.1"]}, timeout=20_000)


def test_all_series_of_a_patient_are_chosen_by_one_button(qtbot, online):
    ask(qtbot, online)
    page = online.patientPage
    click(qtbot, page.selectButton)
    assert online.selectedSeries() == ["1.2.2.1", BONE, T1]
    assert online.loadButton.text() == "Load (3)"
    click(qtbot, page.selectButton)
    assert online.selectedSeries() == []


def test_the_menu_of_a_patient_opens_at_its_button(qtbot, qapp, online):
    ask(qtbot, online)
    click(qtbot, online.patientPage.menuButton)
    popup = qapp.activePopupWidget()
    assert popup.actions()[0].text() == "Load patient"
    popup.close()
