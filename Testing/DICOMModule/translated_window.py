"""Program: opens every window under a translator that marks all it is asked for; prints what is unmarked.

python -m Testing.DICOMModule.translated_window FOLDER DATABASE SETTINGS

As JSON: the texts that users read, but that no translator was asked for, with the widgets that show them;
and the number of all texts.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qtpy.QtCore import QAbstractItemModel, QCoreApplication, Qt, QTranslator
from qtpy.QtWidgets import (
    QAbstractButton,
    QAction,
    QApplication,
    QComboBox,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QScrollBar,
    QTabWidget,
    QWidget,
)

from DICOMLib import widgets

MARK = "⟦"


class Marks(QTranslator):
    """Marks each text that it is asked for; Qt's own, too."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, _context: str, text: str, _disambiguation: str | None = None, _n: int = -1) -> str:
        return f"{MARK}{text}⟧" if text else ""


def texts_of(widget: QWidget) -> Iterator[str]:
    """What a widget shows or says of its own; not the data in it."""
    yield QWidget.toolTip(widget)
    yield QWidget.accessibleName(widget)
    if QWidget.isWindow(widget):
        yield QWidget.windowTitle(widget)
    for kind in (QLabel, QAbstractButton):
        if isinstance(widget, kind):
            yield kind.text(widget)
    if isinstance(widget, QGroupBox):
        yield QGroupBox.title(widget)
    if isinstance(widget, QLineEdit):
        yield QLineEdit.placeholderText(widget)
    yield from _texts_in(widget)


def _texts_in(widget: QWidget) -> Iterator[str]:
    """Texts of the tabs, choices, entries and columns in a widget."""
    if isinstance(widget, QTabWidget):
        for index in range(QTabWidget.count(widget)):
            yield from (QTabWidget.tabText(widget, index), QTabWidget.tabToolTip(widget, index))
    if isinstance(widget, QComboBox):
        yield from (QComboBox.itemText(widget, index) for index in range(QComboBox.count(widget)))
    if isinstance(widget, QListWidget):
        yield from (QListWidget.item(widget, row).text() for row in range(QListWidget.count(widget)))
    if isinstance(widget, QHeaderView) and QHeaderView.orientation(widget) == Qt.Horizontal:
        model = QHeaderView.model(widget)
        if isinstance(model, QAbstractItemModel):
            for section in range(QHeaderView.count(widget)):
                yield str(model.headerData(section, Qt.Horizontal) or "")


def unmarked(windows: list[Any]) -> list[Any]:
    """Texts without a mark that have words, each with where it was found; at last the number of all."""
    found: dict[str, str] = {}
    for window in windows:
        for widget in [window, *QWidget.findChildren(window, QWidget)]:
            if isinstance(widget, QScrollBar):
                continue
            where = f"{type(widget).__name__} {QWidget.objectName(widget)!r} in {type(window).__name__}"
            for text in texts_of(widget):
                found.setdefault(text, where)
        for action in QWidget.findChildren(window, QAction):
            for text in (QAction.text(action), QAction.toolTip(action)):
                found.setdefault(text, f"action in {type(window).__name__}")
    lacking = [(text, where) for text, where in found.items() if MARK not in text and _has_words(text)]
    return [*lacking, len(found)]


def _has_words(text: str) -> bool:
    return sum(letter.isalpha() for letter in text) > 1


def windows_of(application: Any) -> list[Any]:
    """The main window with all modules and both browsers, and every dialog."""
    import slicer

    from DICOMLib import DICOMUtils
    from Testing.DICOMModule.dialogs import dialogs_on_request, menus_on_request

    window = application.show_main_window()
    for name in ("DICOMPatcher", "DICOM"):
        window.moduleSelector().selectModule(name)
    slicer.modules.DICOMInstance.showBrowser(True)
    browser = slicer.modules.dicom.widgetRepresentation().self().browserWidget
    browser.advancedViewButton.setChecked(True)
    shown = [window, browser, slicer.app.settingsDialog(), *_dialogs(browser.dicomBrowser)]
    shown.append(browser.onSend(slicer.dicomDatabase.filesForSeries("1.2.1.1")))
    shown += dialogs_on_request(slicer.dicomDatabase).values()
    for dialog in shown[2:]:
        dialog.show()
    DICOMUtils.loadSeriesByUID(["1.2.9.1"])  # so that the menu of loaded data has something to offer
    tree = slicer.modules.DICOMWidget.ui.subjectHierarchyTree
    menus = list(menus_on_request(window, browser, tree))
    QApplication.processEvents()
    return [*shown, *menus]


def _dialogs(browser: Any) -> list[Any]:
    """The dialogs of the module, most as their callers make them."""
    import slicer

    from DICOMLib.widgets.metadata.metadata_window import ctkDICOMMetadataDialog
    from DICOMLib.widgets.visual.browser import ctkDICOMVisualBrowserWidget

    database = slicer.dicomDatabase
    metadata = ctkDICOMMetadataDialog()
    metadata.setFileList(database.filesForSeries("1.2.1.1"))
    return [
        browser.importDialog(),
        browser.openQueryDialog(),
        slicer.qSlicerDICOMExportDialog(),
        metadata,
        ctkDICOMVisualBrowserWidget(database, None),
    ]


def _import_widgets() -> None:
    """Import all modules of DICOMLib.widgets."""
    for module in pkgutil.walk_packages(widgets.__path__, "DICOMLib.widgets."):
        importlib.import_module(module.name)


def main(folder: str, database: str, settings: str) -> int:
    """Import the folder, open everything and print."""
    from DICOMModule.Host.application import boot

    _import_widgets()  # before there is a translator: no text may be decided as early as that
    existing = QApplication.instance() or QApplication(sys.argv[:1])
    marks = Marks(existing)
    QCoreApplication.installTranslator(marks)
    application = boot(gui=True, testing=True, settings_path=Path(settings), database_directory=database)
    import slicer

    slicer.dicomDatabase.openDatabase(str(Path(database) / "ctkDICOM.sql"))
    from DICOMLib.compat.ctkDICOMIndexer import ctkDICOMIndexer

    ctkDICOMIndexer().addDirectory(slicer.dicomDatabase, folder)
    windows = windows_of(application)
    print(json.dumps(unmarked(windows)))  # noqa: T201 (this is a program)
    for window in windows[1:]:
        QWidget.close(window)
    application.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
