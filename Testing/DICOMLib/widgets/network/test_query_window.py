"""Query and retrieve through the window, with a real PACS on loopback."""

from __future__ import annotations

import pytest
from pydicom import config
from pydicom.dataset import Dataset
from qtpy.QtCore import QPoint, Qt

from DICOMLib.network.peers import Peer, load_peers, save_peers
from DICOMLib.widgets.network.server_rows import CALLED, PORT, QUERY, VERIFICATION
from Testing.DICOMModule.driving import click, click_action, type_into
from Testing.orthanc import free_port

pytestmark = [pytest.mark.gui, pytest.mark.network]


@pytest.fixture
def window(qtbot, browser, settings, orthanc, dicom_folder):
    """The query window of an empty browser; Orthanc has the files and is the only server."""
    orthanc.upload(sorted(dicom_folder.glob("*.dcm")))
    save_peers(settings, [Peer("localhost", orthanc.dicom_port, "ORTHANC", "SLICER", "Archive")])
    click_action(qtbot, browser.toolBar, browser.toolBar.queryAction)
    window = browser._query_window
    qtbot.waitExposed(window)
    yield window
    window.close()


def ask(qtbot, window):
    with qtbot.waitSignal(window.widget.queried) as told:
        click(qtbot, window.widget.form.queryButton)
    return told.args[0]


def studies(window):
    tree = window.widget.results
    items = (tree.topLevelItem(row) for row in range(tree.topLevelItemCount()))
    return sorted([item.text(column) for column in range(7)] for item in items)


def test_all_studies_are_found(qtbot, window):
    ask(qtbot, window)
    assert studies(window) == [
        ["Adams, Anna", "A1", "2020-01-02", "Head", "CT, MR", "5", "Archive"],
        ["Adams, Anna", "A1", "2021-03-04", "Follow-up", "CT", "2", "Archive"],
        ["Brown, Bob", "B2", "2019-05-06", "Thorax", "CT", "2", "Archive"],
    ]
    assert window.widget.tasks.information.label.text() == "3 studies were found."


@pytest.mark.parametrize(
    ("field", "text", "found"),
    [
        ("nameEdit", "adams", ["Follow-up", "Head"]),
        ("idEdit", "B2", ["Thorax"]),
        ("descriptionEdit", "ollow", ["Follow-up"]),
        ("modalityEdit", "mr", ["Head"]),
        ("nameEdit", "nobody", []),
    ],
)
def test_fields_narrow_the_query_and_enter_asks(qtbot, window, field, text, found):
    edit = getattr(window.widget.form, field)
    type_into(qtbot, edit, text)
    with qtbot.waitSignal(window.widget.queried):
        qtbot.keyClick(edit, Qt.Key_Return)
    assert sorted(study[3] for study in studies(window)) == found


def test_dates_narrow_the_query(qtbot, window):
    from qtpy.QtCore import QDate

    form = window.widget.form
    qtbot.mouseClick(form.dateBox, Qt.LeftButton, pos=form.dateBox.rect().center() * 0.2)
    form.dateBox.setChecked(True)
    form.firstDay.setDate(QDate(2020, 1, 1))
    form.lastDay.setDate(QDate(2020, 12, 31))
    ask(qtbot, window)
    assert [study[3] for study in studies(window)] == ["Head"]


def test_a_study_is_retrieved_into_the_tables(qtbot, window, browser):
    ask(qtbot, window)
    tree = window.widget.results
    (item,) = tree.findItems("Head", Qt.MatchExactly, 3)
    assert not window.widget.retrieveButton.isEnabled()
    qtbot.mouseClick(tree.viewport(), Qt.LeftButton, pos=tree.visualItemRect(item).center())
    with qtbot.waitSignal(browser.queryRetrieveFinished, timeout=20_000):
        click(qtbot, window.widget.retrieveButton)
    assert window.widget.tasks.information.label.text() == "5 of 5 instances in 2 series received."
    assert browser.database().imagesCount() == 5
    assert browser.dicomTableManager().studiesTable().uidsForAllRows() == ["1.2.1"]
    assert all(path.startswith(browser.databaseDirectory) for path in browser.database().allFiles())


def test_only_one_series_is_retrieved_and_what_is_here_does_not_come_again(qtbot, window, browser):
    ask(qtbot, window)
    tree = window.widget.results
    (item,) = tree.findItems("Head", Qt.MatchExactly, 3)
    item.setExpanded(True)
    qtbot.waitUntil(lambda: item.childCount() == 2)
    assert [item.child(row).text(3) for row in range(2)] == ["Bone", "T1"]
    qtbot.mouseClick(tree.viewport(), Qt.LeftButton, pos=tree.visualItemRect(item.child(1)).center())
    with qtbot.waitSignal(browser.queryRetrieveFinished, timeout=20_000):
        click(qtbot, window.widget.retrieveButton)
    assert browser.database().seriesForStudy("1.2.1") == ["1.2.1.2"]
    assert browser.database().imagesCount() == 2


def test_a_server_that_is_not_there_is_named_and_the_others_answer(qtbot, window, settings):
    peers = load_peers(settings)
    gone = Peer("localhost", free_port(), "GONE", "SLICER", "Gone")
    window.widget.servers.show_servers([gone, *peers])
    report = ask(qtbot, window)
    assert len(report.matches) == 3
    text = window.widget.tasks.information.label.text()
    assert text.startswith("3 studies were found. Gone: ")


def test_without_a_checked_server_it_says_what_to_do(qtbot, window):
    window.widget.servers.show_servers([])
    click(qtbot, window.widget.form.queryButton)
    assert "No server is checked" in window.widget.tasks.information.label.text()


def test_what_it_says_of_servers_goes_when_one_is_checked(qtbot, window):
    table, line = window.widget.servers.table, window.widget.tasks.information
    cell = table.visualItemRect(table.item(0, QUERY))
    box = QPoint(cell.left() + 10, cell.center().y())
    qtbot.mouseClick(table.viewport(), Qt.LeftButton, pos=box)
    assert window.widget.servers.queried() == []
    click(qtbot, window.widget.form.queryButton)
    assert line.isVisible()
    qtbot.mouseClick(table.viewport(), Qt.LeftButton, pos=box)
    assert len(window.widget.servers.queried()) == 1
    assert not line.isVisible()


def test_servers_are_added_edited_verified_and_removed(qtbot, window, settings, orthanc):
    servers = window.widget.servers
    click(qtbot, servers.addButton)
    table = servers.table
    editor = table.findChild(type(window.widget.form.nameEdit))
    assert table.rowCount() == 2
    qtbot.keyClicks(editor, "New one")
    qtbot.keyClick(editor, Qt.Key_Return)
    qtbot.waitUntil(lambda: table.item(1, 0).text() == "New one")
    for column, text in ((CALLED, "ORTHANC"), (PORT, str(orthanc.dicom_port))):
        table.item(1, column).setText(text)
    assert [peer.name for peer in load_peers(settings)] == ["Archive", "New one"]
    assert load_peers(settings)[1].port == orthanc.dicom_port
    table.setCurrentCell(1, 0)
    click(qtbot, servers.verifyButton)
    qtbot.waitUntil(lambda: table.item(1, VERIFICATION).text().startswith("answers in"))
    table.item(1, PORT).setText(str(free_port()))
    click(qtbot, servers.verifyButton)
    qtbot.waitUntil(lambda: "localhost" in table.item(1, VERIFICATION).text())
    click(qtbot, servers.removeButton)
    assert [peer.name for peer in load_peers(settings)] == ["Archive"]


def test_a_click_in_the_header_sorts_and_what_comes_later_keeps_the_order(qtbot, window):
    ask(qtbot, window)
    tree = window.widget.results
    header = tree.header()
    at = header.sectionViewportPosition(2) + 5
    for order in (Qt.AscendingOrder, Qt.DescendingOrder):
        while (header.sortIndicatorSection(), header.sortIndicatorOrder()) != (2, order):
            qtbot.mouseClick(header.viewport(), Qt.LeftButton, pos=QPoint(at, 5))
        dates = [tree.topLevelItem(row).text(2) for row in range(3)]
        assert dates == sorted(dates, reverse=order == Qt.DescendingOrder)
    match = Dataset()
    match.StudyInstanceUID, match.StudyDate = "1.9", "20200505"
    tree.take(window.widget.servers.servers()[0], match)
    qtbot.waitUntil(lambda: tree.topLevelItemCount() == 4)
    assert [tree.topLevelItem(row).text(2) for row in range(4)] == [
        "2021-03-04",
        "2020-05-05",
        "2020-01-02",
        "2019-05-06",
    ]


def test_what_is_chosen_stays_in_its_place_while_more_comes(qtbot, window):
    tree, server = window.widget.results, window.widget.servers.servers()[0]

    def study(number):
        match = Dataset()
        match.StudyInstanceUID, match.PatientName = f"1.9.{number}", f"N{number:04d}"
        return match

    tree.show_studies([(server, study(number)) for number in range(1000, 1100)])
    chosen = tree.topLevelItem(2)
    qtbot.mouseClick(tree.viewport(), Qt.LeftButton, pos=tree.visualItemRect(chosen).center())
    before = tree.visualItemRect(chosen).top()
    for number in range(250):  # they sort before it
        tree.take(server, study(number))
    qtbot.waitUntil(lambda: tree.topLevelItemCount() == 350)
    assert tree.visualItemRect(chosen).top() == before
    assert tree.indexOfTopLevelItem(chosen) == 252
    assert chosen.isSelected()


def test_patients_without_a_name_and_dates_of_old_devices(window):
    tree, server = window.widget.results, window.widget.servers.servers()[0]
    studies = []
    for number, name in enumerate(("", "^^^", "Brown^Bob^J")):
        match = Dataset()
        match.StudyInstanceUID, match.PatientName = f"1.9.{number}", name
        with config.disable_value_validation():  # as what comes from a peer
            match.StudyDate = "1997.04.24"
        studies.append((server, match))
    tree.show_studies(studies)
    shown = sorted((tree.topLevelItem(row).text(0), tree.topLevelItem(row).text(2)) for row in range(3))
    assert shown == [("Brown, Bob J", "1997-04-24"), ("No name", "1997-04-24"), ("No name", "1997-04-24")]


def test_a_script_chooses_series_in_tables(qtbot, window, browser):
    from DICOMLib.widgets.tables.table_manager import ctkDICOMTableManager

    ask(qtbot, window)
    with qtbot.waitSignal(window.widget.queried, timeout=20_000):
        manager = window.widget.dicomTableManager
    assert isinstance(manager, ctkDICOMTableManager)
    assert not manager.isVisible()
    assert sorted(manager.seriesTable().uidsForAllRows()) == ["1.2.1.1", "1.2.1.2", "1.2.2.1", "1.2.3.1"]
    assert window.widget.tasks.information.label.text() == "3 studies were found."
    manager.setCurrentSeriesSelection(["1.2.3.1"])
    assert window.widget.retrieveButton.isEnabled()
    with qtbot.waitSignal(browser.queryRetrieveFinished, timeout=20_000):
        window.widget.retrieve()
    assert browser.database().allFiles()
    assert browser.dicomTableManager().seriesTable().uidsForAllRows() == ["1.2.3.1"]


def test_the_tables_follow_the_next_query(qtbot, window):
    manager = window.widget.dicomTableManager
    assert manager.patientsTable().uidsForAllRows() == []
    type_into(qtbot, window.widget.form.idEdit, "B2")
    ask(qtbot, window)
    assert manager.studiesTable().uidsForAllRows() == ["1.2.3"]
    assert manager.seriesTable().uidsForAllRows() == ["1.2.3.1"]
    type_into(qtbot, window.widget.form.idEdit, "A1")
    ask(qtbot, window)
    assert sorted(manager.studiesTable().uidsForAllRows()) == ["1.2.1", "1.2.2"]


def test_a_series_description_narrows_what_a_study_shows_and_what_tables_hold(qtbot, window):
    tree, form = window.widget.results, window.widget.form
    type_into(qtbot, form.seriesEdit, "Bon")
    type_into(qtbot, form.idEdit, "A1")
    ask(qtbot, window)
    (head,) = tree.findItems("Head", Qt.MatchExactly, 3)
    tree.expandItem(head)
    qtbot.waitUntil(lambda: head.childCount() == 1, timeout=10_000)
    assert "Bone" in [head.child(0).text(column) for column in range(7)]
    tables = window.widget.dicomTableManager
    qtbot.waitUntil(lambda: tables.seriesTable().uidsForAllRows() == ["1.2.1.1"], timeout=10_000)
