"""What a user does with mouse and keyboard, as the window system would tell Qt."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qtpy.QtCore import QMimeData, QModelIndex, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QContextMenuEvent, QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import (
    QAction,
    QApplication,
    QFileDialog,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolBar,
    QTreeView,
    QWidget,
)


def click(qtbot: Any, button: Any) -> None:
    """Click a button with the left mouse button; it must be there to be clicked."""
    assert QWidget.isVisible(button)
    assert QWidget.isEnabled(button)
    qtbot.mouseClick(button, Qt.LeftButton)


def click_action(qtbot: Any, bar: QToolBar, action: Any) -> None:
    """Click the button of an action in a tool bar."""
    button = bar.widgetForAction(action)
    qtbot.waitUntil(lambda: QWidget.isVisible(button))  # a bar lays out what was shown just now a bit later
    click(qtbot, button)


def open_menu(qtbot: Any, widget: QWidget, at: QPoint) -> QMenu:
    """Right-click a point of a widget; give the menu that opens there."""
    there = QWidget.mapToGlobal(widget, at)
    QApplication.sendEvent(widget, QContextMenuEvent(QContextMenuEvent.Mouse, at, there))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def click_menu(qtbot: Any, menu: QMenu, *path: str) -> None:
    """Click entries of a menu and its submenus, each by its text or object name.

    A menu that is not open is opened beside its parent.
    """
    if not QWidget.isVisible(menu):
        QMenu.popup(menu, QWidget.mapToGlobal(QWidget.parentWidget(menu), QPoint(0, 0)))
    for wanted in path:
        qtbot.waitUntil(lambda menu=menu: QWidget.isVisible(menu))
        (action,) = [
            one
            for one in QWidget.actions(menu)
            if wanted in (QAction.objectName(one), QAction.text(one).replace("&", ""))
        ]
        assert QAction.isEnabled(action)
        place, menu = menu, QAction.menu(action)
        qtbot.mouseClick(place, Qt.LeftButton, pos=QMenu.actionGeometry(place, action).center())


def type_into(qtbot: Any, box: QLineEdit, text: str) -> None:
    """Click into a box, empty it, and type."""
    qtbot.mouseClick(box, Qt.LeftButton)
    qtbot.keyClick(box, Qt.Key_A, Qt.ControlModifier)
    qtbot.keyClick(box, Qt.Key_Delete)
    qtbot.keyClicks(box, text)


def answer_file_dialog(qtbot: Any, dialog: QFileDialog, path: Path) -> None:
    """Type a path into Qt's file dialog and press Enter."""
    qtbot.waitUntil(dialog.isVisible)
    dialog.activateWindow()  # where no window manager does it
    qtbot.waitUntil(dialog.isActiveWindow)
    box = dialog.findChild(QLineEdit, "fileNameEdit")
    type_into(qtbot, box, str(path))
    if dialog.fileMode() == QFileDialog.Directory:
        (accept,) = (
            button
            for button in dialog.findChildren(QPushButton)
            if button.text() == dialog.labelText(QFileDialog.Accept)
        )
        click(qtbot, accept)
    else:
        qtbot.keyClick(box, Qt.Key_Return)


def drop(widget: QWidget, paths: Iterable[Path]) -> bool:
    """Drag files over a widget and drop them; whether they were taken.

    As the window system does it, the event goes to the widget or the first one around it that takes drops.
    """
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    while not QWidget.acceptDrops(widget):
        widget = QWidget.parentWidget(widget)
    at = QWidget.rect(widget).center()
    enter = QDragEnterEvent(at, Qt.CopyAction, mime, Qt.LeftButton, Qt.NoModifier)
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(QPointF(at), Qt.CopyAction, mime, Qt.LeftButton, Qt.NoModifier)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def double_click_row(qtbot: Any, table: Any, uid: str) -> None:
    """Double-click the row of a patient, study or series."""
    view = table.tableView()
    row = table.uidsForAllRows().index(uid)
    column = view.horizontalHeader().logicalIndexAt(10)
    index = view.model().index(row, column)
    view.scrollTo(index)
    at = view.visualRect(index).center()
    qtbot.mouseClick(view.viewport(), Qt.LeftButton, pos=at)
    qtbot.mouseDClick(view.viewport(), Qt.LeftButton, pos=at)


def shown_texts(table: Any) -> list[list[str]]:
    """What a table shows, row by row, the columns that are seen from left to right."""
    view = table.tableView()
    header, model = view.horizontalHeader(), view.model()
    columns = [header.logicalIndex(i) for i in range(header.count())]
    columns = [column for column in columns if not header.isSectionHidden(column)]
    return [
        [str(model.index(row, column).data() or "") for column in columns] for row in range(model.rowCount())
    ]


def shown_names(tree: Any) -> list[str]:
    """Names in the first column, also below closed rows."""
    model = QTreeView.model(tree)

    def below(parent: QModelIndex) -> Iterable[str]:
        for row in range(model.rowCount(parent)):
            index = model.index(row, 0, parent)
            yield index.data()
            yield from below(index)

    return list(below(QModelIndex()))
