"""The dialog of the application's settings: a page for each panel that modules add."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
)

from DICOMLib.widgets.browsing.selection_actions import ask
from DICOMLib.widgets.translation import _
from DICOMModule.Host.dialect.qt_dialect import dialect
from DICOMModule.Host.window.developer_settings import DeveloperSettings

SIZE = (720, 520)


class SettingsDialog(dialect(QDialog)):  # type: ignore[misc]
    """A list of pages at the left, the chosen page at the right; what is changed is stored at once."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        QObject.setObjectName(self, "ApplicationSettingsDialog")
        QDialog.setWindowTitle(self, _("Application settings"))
        QDialog.resize(self, *SIZE)
        self._panels: dict[str, Any] = {}
        self._names = QListWidget()
        self._names.setObjectName("SettingsPages")
        self._names.setAccessibleName(_("Pages"))
        self._names.setMaximumWidth(180)
        self._pages = QStackedWidget()
        self._names.currentRowChanged.connect(self._pages.setCurrentIndex)
        buttons = QDialogButtonBox(QDialogButtonBox.Close | QDialogButtonBox.RestoreDefaults)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.Close).setDefault(True)
        restore = buttons.button(QDialogButtonBox.RestoreDefaults)
        restore.setAutoDefault(False)  # or Enter in the list of pages would press it
        restore.setToolTip(_("Give each setting of this page its first value; you are asked before"))
        restore.clicked.connect(lambda _checked=False: self._ask_to_restore())
        row = QHBoxLayout()
        row.addWidget(self._names)
        row.addWidget(self._pages, 1)
        column = QVBoxLayout(self)
        column.addLayout(row, 1)
        column.addWidget(buttons, 0, Qt.AlignRight)
        self.addPanel(_("Developer"), DeveloperSettings())

    def addPanel(self, label: str, panel: Any) -> None:
        """Add a page; one of the same name is replaced.

        Parameters
        ----------
        label
            Name of the page.
        panel
            A ctkSettingsPanel.
        """
        if label in self._panels:
            self._pages.removeWidget(self._panels[label])
        else:
            self._names.addItem(label)
        self._panels[label] = panel
        names = [self._names.item(row).text() for row in range(self._names.count())]
        self._pages.insertWidget(names.index(label), panel)
        if self._names.currentRow() < 0:
            self._names.setCurrentRow(0)

    def panel(self, label: str) -> Any:
        """The page of that name, or None."""
        return self._panels.get(label)

    def setCurrentPanel(self, label: str) -> None:
        """Show the page of that name."""
        self._names.setCurrentRow(list(self._panels).index(label))

    def _ask_to_restore(self) -> QMessageBox:
        """Ask before the defaults are restored: each change is stored at once."""
        page = self._names.currentItem().text()
        return ask(
            self,
            _("Restore defaults"),
            _("Restore the defaults of the page {page}?").format(page=page),
            _("Restore"),
            self.restoreDefaultSettings,
            _("What was chosen on this page is lost."),
        )

    def restoreDefaultSettings(self) -> None:
        """Give each setting of the page that is shown its first value."""
        panel = self._pages.currentWidget()
        if hasattr(panel, "restoreDefaultSettings"):
            panel.restoreDefaultSettings()
