"""The metadata window as a user works with it: tree, search, files, comparison, copy, export."""

from __future__ import annotations

import csv
import json
import tracemalloc
import warnings

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from qtpy import API
from qtpy.QtCore import QModelIndex, QObject, Qt, QUrl, Slot
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QApplication, QFileDialog, QPushButton

from DICOMLib.widgets import progress
from DICOMLib.widgets.metadata.metadata_window import ctkDICOMMetadataDialog
from DICOMLib.widgets.metadata.object_model import ctkDICOMObjectModel
from Testing.DICOMLib.widgets.conftest import SERIES, slice_dataset
from Testing.DICOMModule.driving import answer_file_dialog, click, type_into

pytestmark = pytest.mark.gui


def dataset(index=0):
    dataset = slice_dataset(SERIES[0], index)
    code = Dataset()
    code.CodeValue, code.CodeMeaning = "T-A0100", "Brain"
    dataset.AnatomicRegionSequence = Sequence([code])
    dataset.private_block(0x0009, "GEMS_IDEN_01", create=True).add_new(0x01, "LO", "GE_GENESIS_FF")
    return dataset


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{index}.dcm" for index in range(3)]
    for index, path in enumerate(paths):
        dataset(index).save_as(path, enforce_file_format=True)
    return [str(path) for path in paths]


@pytest.fixture
def window(qtbot, settings, files, monkeypatch):
    """What is short ends at once, however slow the machine is; see test_many_frames.py for the rest."""
    monkeypatch.setattr(progress, "STEP_BUDGET_S", 60)
    window = ctkDICOMMetadataDialog()
    qtbot.addWidget(window)
    window.setFileList(files)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.objectList.preview._maker.stop()


def rows(model, parent=QModelIndex()):  # noqa: B008
    """All rows of a tree, each as the texts of its columns, the first one indented."""
    found = []
    for row in range(model.rowCount(parent)):
        texts = [str(model.index(row, column, parent).data() or "") for column in range(model.columnCount())]
        below = rows(model, model.index(row, 0, parent))
        found += [texts, *([["  " + line[0], *line[1:]] for line in below])]
    return found


def button(window, text):
    (found,) = (one for one in window.objectList.findChildren(QPushButton) if one.text() == text)
    return found


def index_of(window, tag):
    tree = window.objectList.tree
    (index,) = tree.model().match(tree.model().index(0, 0), Qt.DisplayRole, tag, 1, Qt.MatchExactly)
    return index


def value_of(window, tag):
    (line,) = (line for line in rows(window.objectList.model) if line[0].strip() == tag)
    return line


def test_values_are_decoded_sequences_nested_private_elements_named_by_their_creator(window):
    assert value_of(window, "(0010,0010)")[1:4] == ["Patient's Name", "Adams^Anna", "PN"]
    assert value_of(window, "(0008,0016)")[2] == "1.2.840.10008.5.1.4.1.1.2 (CT Image Storage)"
    assert value_of(window, "(0020,0037)")[2] == "[6] 1.0, 0.0, 0.0, 0.0, 1.0, 0.0"
    assert value_of(window, "(0008,2218)")[1:4] == ["Anatomic Region Sequence", "1 item", "SQ"]
    assert value_of(window, "(0008,0104)") == ["    (0008,0104)", "Code Meaning", "Brain", "LO", "6"]
    assert value_of(window, "(0009,0010)")[1:3] == ["Private Creator", "GEMS_IDEN_01"]
    assert value_of(window, "(0009,1001)")[1] == "GEMS_IDEN_01: Full fidelity"


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("brain", ["(0008,2218)", "  ", "    (0008,0104)"]),
        ("0010,00?0", ["(0010,0010)", "(0010,0020)"]),
        ("regexp:^Adams", ["(0010,0010)"]),
        ("regexp:^adams", []),
        ("regexp:(", []),
    ],
)
def test_search_shows_what_matches_and_what_is_above_it(qtbot, window, text, tags):
    type_into(qtbot, window.objectList.searchBox, text)
    qtbot.keyClick(window.objectList.searchBox, Qt.Key_Return)
    assert [line[0] for line in rows(window.objectList.model)] == tags
    assert bool(window.objectList.searchBox.styleSheet()) == (not tags)


def test_the_slider_goes_from_file_to_file(qtbot, window, files):
    window.objectList.fileSlider.setFocus()
    qtbot.keyClick(window.objectList.fileSlider, Qt.Key_Right)
    assert window.objectList.pathLabel.text() == files[1]
    assert window.objectList.fileLabel.text() == "2 / 3"
    assert value_of(window, "(0020,0013)")[2] == "2"


def test_metadata_and_paths_are_copied(qtbot, window, files):
    qtbot.mouseClick(window.objectList.copyPathButton, Qt.LeftButton)
    assert QApplication.clipboard().text() == files[0]
    window.objectList.filterExpression = "Instance Number"
    qtbot.mouseClick(window.objectList.copyAllButton, Qt.LeftButton)
    qtbot.waitUntil(lambda: QApplication.clipboard().text() != files[0])
    lines = QApplication.clipboard().text().split("\n")
    assert lines == [f"{n}.dcm\t[0020,0013]\tInstance Number\t{n + 1}\tIS\t2" for n in range(3)]


def test_the_picture_is_shown_and_hidden(qtbot, window):
    preview = window.objectList.preview
    qtbot.waitUntil(lambda: preview.pixmap() is not None and not preview.pixmap().isNull())
    qtbot.mouseClick(window.objectList.thumbnailButton, Qt.LeftButton)
    assert not preview.isVisible()
    assert not window.objectList.thumbnailVisible


def export(qtbot, window, path):
    qtbot.mouseClick(window.objectList.exportButton, Qt.LeftButton)
    answer_file_dialog(qtbot, window.objectList.findChild(QFileDialog), path)
    qtbot.waitUntil(path.exists)
    return path.read_text(encoding="utf-8")


def test_export_as_dicom_json_is_read_back_alike(qtbot, window, files, tmp_path):
    model = json.loads(export(qtbot, window, tmp_path / "out.json"))
    assert model["00080016"] == {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"]}
    read = Dataset.from_json({tag: value for tag, value in model.items() if not tag.startswith("0002")})
    assert read == pydicom.dcmread(files[0])


def test_export_as_a_table(qtbot, window, tmp_path):
    table = list(csv.DictReader(export(qtbot, window, tmp_path / "out.csv").splitlines()))
    (code,) = (row for row in table if row["Attribute"] == "Code Meaning")
    assert code["Path"] == "(0008,2218)/Item 1/(0008,0104)"
    assert code["Value"] == "Brain"


def test_export_as_text(qtbot, window, tmp_path):
    assert "[0010,0020]\tPatient ID\tA1\tLO\t2\n" in export(qtbot, window, tmp_path / "out.txt")


def test_two_files_are_compared(qtbot, window, files):
    window.tabs.tabBar().setCurrentIndex(1)
    view = window.comparison
    shown = {line[0]: line[2:] for line in rows(view.model)}
    assert shown["(0020,0013)"] == ["1", "2"]
    assert shown["(0008,0018)"] == ["1.2.1.1.1", "1.2.1.1.2"]
    assert "(0010,0010)" not in shown
    assert view.summary.text().startswith(f"{len(shown)} of ")
    qtbot.mouseClick(view.onlyDifferences, Qt.LeftButton)
    assert ["(0010,0010)", "Patient's Name", "Adams^Anna", "Adams^Anna"] in rows(view.model)
    view.rightBox.setCurrentIndex(2)
    assert ["(0020,0013)", "Instance Number", "1", "3"] in rows(view.model)


def test_a_file_is_compared_with_another_one(qtbot, window, tmp_path):
    other = dataset()
    other.PatientName = "Brown^Bob"
    del other.StudyDescription
    other.AnatomicRegionSequence[0].CodeMeaning = "Head"
    other.save_as(tmp_path / "other.dcm", enforce_file_format=True)
    window.tabs.tabBar().setCurrentIndex(1)
    qtbot.mouseClick(window.comparison.otherButton, Qt.LeftButton)
    answer_file_dialog(qtbot, window.comparison.findChild(QFileDialog), tmp_path / "other.dcm")
    qtbot.waitUntil(lambda: window.comparison.rightBox.currentText() == "other.dcm")
    assert rows(window.comparison.model) == [
        ["(0008,1030)", "Study Description", "Head", ""],
        ["(0008,2218)", "Anatomic Region Sequence", "1 item", "1 item"],
        ["  ", "Item 1", "", ""],
        ["    (0008,0104)", "Code Meaning", "Brain", "Head"],
        ["(0010,0010)", "Patient's Name", "Adams^Anna", "Brown^Bob"],
    ]


@pytest.mark.parametrize("size", [1 << 10, 1 << 17])  # shown in part, and left in the file
def test_pixels_that_differ_are_told(qtbot, window, tmp_path, size):
    """Also where what is shown of them is the same."""
    paths = [tmp_path / f"{number}.dcm" for number in range(3)]
    for path, last in zip(paths, (0, 0, 1), strict=True):
        image = dataset()
        image.PixelData = bytes(size - 2) + bytes([last, 0])
        image.save_as(path, enforce_file_format=True)
    window.setFileList([str(path) for path in paths])
    window.tabs.tabBar().setCurrentIndex(1)
    view = window.comparison
    assert (rows(view.model), view.summary.text()[:5]) == ([], "0 of ")
    view.rightBox.setCurrentIndex(2)
    ((tag, *_),) = rows(view.model)
    assert (tag, view.summary.text()[:5]) == ("(7fe0,0010)", "1 of ")


def test_what_is_no_number_is_alike(qtbot, window, tmp_path):
    """NaN is not equal to itself."""
    paths = [tmp_path / f"nan{number}.dcm" for number in range(2)]
    for path in paths:
        image = dataset()
        image.FloatPixelPaddingValue = float("nan")
        image.save_as(path, enforce_file_format=True)
    window.setFileList([str(path) for path in paths])
    window.tabs.tabBar().setCurrentIndex(1)
    assert window.comparison.summary.text().startswith("0 of ")


def test_what_cannot_be_read_is_said(qtbot, window, tmp_path):
    (tmp_path / "text").write_text("no image" * 40)
    window.setFileList([str(tmp_path / "text")])
    assert rows(window.objectList.model)[0][1] == "Cannot be read"


def test_a_file_of_a_hundred_megabytes_opens_without_being_read(qtbot, window, tmp_path):
    large = dataset()
    large.Rows, large.Columns, large.NumberOfFrames = 1024, 1024, 50
    large.PixelData = bytes(100 << 20)
    large.save_as(tmp_path / "large.dcm", enforce_file_format=True)
    window.objectList.thumbnailVisible = False
    tracemalloc.start()
    try:
        window.setFileList([str(tmp_path / "large.dcm")])
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()
    assert value_of(window, "(7fe0,0010)")[2:] == ["…", "OW", str(100 << 20)]


def test_all_sequences_are_opened_and_closed(qtbot, window):
    tree, sequence = window.objectList.tree, index_of(window, "(0008,2218)")
    inside = tree.model().index(0, 0, sequence)
    assert not tree.isExpanded(sequence)
    click(qtbot, button(window, "Expand all"))
    assert tree.isExpanded(sequence)
    assert tree.isExpanded(inside)
    tree.scrollTo(tree.model().index(0, 0, inside))
    assert not tree.visualRect(tree.model().index(0, 0, inside)).isEmpty()
    click(qtbot, button(window, "Collapse all"))
    assert not tree.isExpanded(sequence)


class OpenedPages(QObject):
    """Takes the pages that are to be opened, in the place of the user's web browser."""

    def __init__(self):
        super().__init__()
        self.urls = []

    @Slot(QUrl)
    def take(self, url):
        self.urls.append(url.toString())


def test_a_double_click_looks_the_tag_up_in_the_web(qtbot, window):
    pages = OpenedPages()
    receiver = (pages, "take") if API == "pyside6" else (pages.take,)
    QDesktopServices.setUrlHandler("https", *receiver)
    try:
        tree = window.objectList.tree
        index = index_of(window, "(0010,0010)")
        tree.scrollTo(index)
        at = tree.visualRect(index).center()
        qtbot.mouseClick(tree.viewport(), Qt.LeftButton, pos=at)
        qtbot.mouseDClick(tree.viewport(), Qt.LeftButton, pos=at)
    finally:
        QDesktopServices.unsetUrlHandler("https")
    assert pages.urls == ["https://dicom.innolitics.com/ciods?q=(0010,0010)"]


def test_what_is_shown_is_copied_with_tabs_and_square_brackets(qtbot, window):
    type_into(qtbot, window.objectList.searchBox, "code meaning")
    qtbot.keyClick(window.objectList.searchBox, Qt.Key_Return)
    click(qtbot, button(window, "Copy metadata"))
    assert QApplication.clipboard().text().split("\n") == [
        "[0008,2218]\tAnatomic Region Sequence\t1 item\tSQ\t38",  # 8 of the item, 16 and 14 of its elements
        "\t\tItem 1\t\t\t",
        "\t\t[0008,0104]\tCode Meaning\tBrain\tLO\t6",
    ]


def test_files_without_a_match_say_so_and_those_that_are_broken_why(window, files, tmp_path):
    (tmp_path / "broken").write_text("no image" * 40)
    window.setFileList([files[0], str(tmp_path / "broken")])
    window.objectList.filterExpression = "no such text"
    assert window.objectList.metadataAsText(True).split("\n") == [
        "0.dcm\t(none)",
        "broken\tthe file cannot be read as DICOM",
    ]


def test_one_file_needs_no_slider(window, files):
    parts = (window.objectList.fileSlider, window.objectList.fileLabel, window.objectList.copyAllButton)
    assert [part.isVisible() for part in parts] == [True, True, True]
    window.setFileList(files[:1])
    assert [part.isVisible() for part in parts] == [False, False, False]
    assert window.objectList.currentFile == files[0]


@pytest.mark.parametrize("by_key", [False, True])
def test_closing_hides_the_window_which_comes_back_where_it_was(qtbot, window, settings, by_key):
    assert not window.isModal()
    window.resize(700, 510)
    if by_key:
        qtbot.keyClick(window, Qt.Key_Escape)
    else:
        window.close()
    assert not window.isVisible()
    window.show()
    assert window.objectList.tree.model().rowCount() > 10
    again = ctkDICOMMetadataDialog()
    qtbot.addWidget(again)
    assert (again.width(), again.height()) == (700, 510)


def test_a_model_by_itself(qapp, files, tmp_path):
    model = ctkDICOMObjectModel()
    model.setFile(files[0])
    titles = [model.headerData(column, Qt.Horizontal) for column in range(model.columnCount())]
    assert titles == ["Tag", "Attribute", "Value", "VR", "Length"]
    (name,) = (line for line in rows(model) if line[model.TagColumn] == "(0010,0010)")
    assert name[model.ValueColumn : model.LengthColumn + 1] == ["Adams^Anna", "PN", "10"]
    (tmp_path / "text").write_text("no image" * 40)
    model.setFile(str(tmp_path / "text"))
    assert [line[1] for line in rows(model)] == ["Cannot be read"]


def test_an_object_without_pixels_leaves_no_empty_column(qtbot, window, tmp_path):
    preview = window.objectList.preview
    qtbot.waitUntil(lambda: preview.pixmap() is not None and not preview.pixmap().isNull())
    plain = dataset()
    del plain.PixelData
    plain.save_as(tmp_path / "plain.dcm", enforce_file_format=True)
    window.setFileList([str(tmp_path / "plain.dcm")])
    qtbot.waitUntil(lambda: not preview.isVisible())


def test_a_value_that_is_too_long_for_its_vr_is_shown_without_a_warning(window, tmp_path):
    """Warnings are errors here: one of pydicom would be shown in the place of the value."""
    odd = dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        odd.StationName = "a station of 24 letters."
        odd.AnatomicRegionSequence[0].CodeValue = "a code of 22 letters ."
    odd.save_as(tmp_path / "odd.dcm", enforce_file_format=True)
    window.setFileList([str(tmp_path / "odd.dcm")])
    text = window.objectList.metadataAsText()
    assert "\ta station of 24 letters.\tSH" in text
    assert "\ta code of 22 letters .\tSH" in text
