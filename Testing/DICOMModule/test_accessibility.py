"""Every control of the window and its dialogs can be reached by keyboard and says what it is for."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QAction,
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QRadioButton,
    QScrollBar,
    QTabBar,
    QToolBar,
    QWidget,
    QWidgetAction,
)

from Testing.DICOMModule.dialogs import dialogs_on_request, menus_on_request

pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]

CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
OF_QT = ("lookInCombo", "fileTypeCombo", "fileNameEdit")  # QFileDialog's own, beside labels
INNER = (QScrollBar, QTabBar)  # parts that Qt makes, and drives by the keyboard of what holds them


def controls(window):
    """The controls that are seen, without the parts of others; a disabled one may be enabled later."""
    for widget in QWidget.findChildren(window, QWidget):
        inner = isinstance(widget, INNER) or QWidget.objectName(widget).startswith("qt_")
        inner = inner or QWidget.objectName(widget) in OF_QT
        part = (
            isinstance(QWidget.parent(widget), (*CONTROLS, QTabBar)) or QWidget.focusProxy(widget) is not None
        )
        if isinstance(widget, CONTROLS) and QWidget.isVisible(widget) and not (inner or part):
            yield widget


def unreached(qtbot, window, parts):
    """The enabled controls of parts of a window that pressing Tab does not lead to, and where it ended."""
    QWidget.activateWindow(window)  # where no window manager does it
    qtbot.waitUntil(lambda: QWidget.isActiveWindow(window))
    wanted = [one for part in parts for one in controls(part) if QWidget.isEnabled(one)]
    reached, focused = [], next(one for one in wanted if QWidget.focusPolicy(one) & Qt.TabFocus)
    QWidget.setFocus(focused, Qt.TabFocusReason)
    while (focused := QApplication.focusWidget()) is not None and focused not in reached:
        reached.append(focused)
        qtbot.keyClick(focused, Qt.Key_Tab)
    inside = set(reached)
    for widget in reached:  # a spin box is reached by its line
        while (widget := QWidget.parentWidget(widget)) is not None:
            inside.add(widget)
    return [
        f"{_name_of(one)} after {_name_of(reached[-1])}"
        for one in wanted
        # arrow keys lead to the other choices of a group
        if one not in inside and not (isinstance(one, QRadioButton) and not QRadioButton.isChecked(one))
    ]


def _name_of(widget):
    owner = type(QWidget.parent(widget)).__name__
    name = f"{type(widget).__name__} {QWidget.objectName(widget)!r} in {owner}"
    return name + (f" {QAbstractButton.text(widget)!r}" if isinstance(widget, QAbstractButton) else "")


def described(window):
    """Widgets that a label names as its buddy."""
    return {QLabel.buddy(label) for label in QWidget.findChildren(window, QLabel)}


def problems(window):
    """What the controls lack, each with a name to find it by."""
    labelled = described(window)
    found = []
    for widget in controls(window):
        name = _name_of(widget)
        if not QWidget.focusPolicy(widget) & Qt.TabFocus:
            found.append(f"not by keyboard: {name}")
        if not (QWidget.accessibleName(widget) or widget in labelled or _is_named_button(widget)):
            found.append(f"has no name: {name}")
        if not (QWidget.toolTip(widget) or _needs_no_tip(widget)):
            found.append(f"has no tool tip: {name}")
    return found


def _is_named_button(widget):
    """A button with a text has that as its accessible name (Qt gives it so)."""
    return isinstance(widget, QAbstractButton) and len(QAbstractButton.text(widget).strip(" &…×")) > 1  # noqa: RUF001


def _needs_no_tip(widget):
    """Rows, buttons below the question that they answer, and those of all programs: OK, Cancel, Close."""
    box = QWidget.parent(widget)
    if isinstance(widget, QAbstractItemView) or isinstance(box, QFileDialog):
        return True
    return isinstance(box, QDialogButtonBox) and (
        isinstance(QWidget.parent(box), QMessageBox | QFileDialog)
        or box.standardButton(widget) != QDialogButtonBox.NoButton
    )


@pytest.fixture
def opened(qtbot, dicom):
    """Dialogs that the window opens, which are closed at the end."""
    import slicer

    from DICOMLib.widgets.metadata.metadata_window import ctkDICOMMetadataDialog

    table_browser = dicom.browser.dicomBrowser
    dialogs = {
        "import": table_browser.importDialog(),
        "query": table_browser.openQueryDialog(),
        "send": dicom.browser.onSend([]),
        "export": slicer.qSlicerDICOMExportDialog(),
        "metadata": ctkDICOMMetadataDialog(),
        "settings": slicer.app.settingsDialog(),
        **dialogs_on_request(dicom.database),
    }
    for dialog in dialogs.values():
        if dialog is not None:
            dialog.show()
    yield {name: dialog for name, dialog in dialogs.items() if dialog is not None}
    for dialog in dialogs.values():
        if dialog is not None:
            dialog.close()


@pytest.mark.parametrize("advanced", [False, True])
def test_the_browser_and_the_panel(dicom, advanced):
    dicom.browser.advancedViewButton.setChecked(advanced)
    found = [*controls(dicom.browser), *controls(dicom.panel.parent)]
    assert len(found) > 10
    assert problems(dicom.browser) + problems(dicom.panel.parent) == []


def test_the_closed_sections_of_the_panel(qtbot, dicom):
    sections = [section for name, section in vars(dicom.panel.ui).items() if name.endswith("Frame")]
    assert len(sections) >= 3
    try:
        for section in sections:
            section.collapsed = False
        qtbot.waitUntil(dicom.panel.ui.pluginSelector.isVisible)
        assert problems(dicom.panel.parent) == []
    finally:
        for section in sections:
            section.collapsed = True


def test_the_bars_of_the_views(qtbot, dicom):
    dicom.instance.showBrowser(False)
    shown = dicom.window.layoutManager().shownViews()
    assert len(shown) == 4
    for widget in shown:
        qtbot.waitUntil(lambda widget=widget: QWidget.isVisible(widget))
        assert len(list(controls(widget))) > 3
        assert problems(widget) == []


def test_the_bars_of_the_window(dicom):
    for bar in QWidget.findChildren(dicom.window, QToolBar):
        assert problems(bar) == []


def test_each_entry_of_each_menu_says_what_it_does(qtbot, dicom, dicom_folder):
    dicom.browser.dicomBrowser.importFiles([str(dicom_folder)])
    qtbot.waitUntil(lambda: len(dicom.database.patients()) == 3, timeout=20000)

    menus = list(menus_on_request(dicom.window, dicom.browser, dicom.panel.ui.subjectHierarchyTree))
    assert len(menus) > 19
    nameless = [
        (type(menu).__name__, QMenu.title(menu), QMenu.objectName(menu))
        for menu in menus
        for action in QMenu.actions(menu)
        if not (action.isSeparator() or QAction.text(action).strip() or isinstance(action, QWidgetAction))
    ]
    assert nameless == []
    top = [action.menu() for action in dicom.window.menuBar().actions()]
    assert all("&" in QMenu.title(menu) for menu in top)  # Alt and a letter opens it


def test_the_dialogs(opened):
    lacking = {name: problems(dialog) for name, dialog in opened.items()}
    assert lacking == {name: [] for name in opened}


@pytest.mark.parametrize("view", ["tables", "advanced", "visual"])
def test_tab_leads_to_every_control_of_the_browser_and_the_panel(qtbot, dicom, dicom_folder, view):
    dicom.browser.dicomBrowser.importFiles([str(dicom_folder)])
    qtbot.waitUntil(lambda: len(dicom.database.patients()) == 3, timeout=20000)
    dicom.browser.advancedViewButton.setChecked(view == "advanced")
    dicom.panel.ui.showVisualBrowserButton.setChecked(view == "visual")
    try:
        assert unreached(qtbot, dicom.window, [dicom.browser, dicom.panel.parent]) == []
    finally:
        dicom.panel.ui.showVisualBrowserButton.setChecked(False)


def test_tab_leads_to_every_control_of_the_dialogs(qtbot, opened):
    missed = {}
    for dialog in opened.values():
        dialog.hide()
    for name, dialog in opened.items():
        dialog.show()
        missed[name] = unreached(qtbot, dialog, [dialog])
        dialog.hide()
    assert missed == {name: [] for name in opened}
