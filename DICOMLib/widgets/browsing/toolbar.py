"""The browser's actions, in a tool bar."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QAction, QToolBar, QToolButton, QWidget

from DICOMLib.widgets.icons import icon
from DICOMLib.widgets.translation import _


class BrowserToolBar(QToolBar):
    """Import, Export, Query, Send, Remove, Repair: icons with their names below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ToolBar")
        self.setToolButtonStyle(Qt.ToolButtonTextUnderIcon)
        self.setIconSize(QSize(24, 24))
        self.setMovable(False)
        self.importAction = self._add("Import", _("Import"), _("Add DICOM files to the database"))
        self.exportAction = self._add(
            "Export", _("Export"), _("Copy the files of the selected series to a folder")
        )
        self.queryAction = self._add("Query", _("Query"), _("Find and retrieve data of other DICOM systems"))
        self.sendAction = self._add("Send", _("Send"), _("Send the selected series to another DICOM system"))
        self.addSeparator()
        self.removeAction = self._add(
            "Remove", _("Remove"), _("Remove the selected series from the database")
        )
        self.repairAction = self._add("Repair", _("Repair"), _("Look for series whose files are gone"))
        self.sendAction.setVisible(False)
        self.showSelection(False)
        # the button of what has no room; the style's own picture is black, also on dark ground
        self.findChild(QToolButton, "qt_toolbar_ext_button").setIcon(icon("More"))

    def _add(self, name: str, text: str, tip: str) -> QAction:
        action = self.addAction(icon(f"DICOM{name}"), text)
        action.setObjectName(f"Action{name}")
        action.setToolTip(tip)
        self.widgetForAction(action).setFocusPolicy(Qt.TabFocus)
        return action

    def showSelection(self, selected: bool) -> None:
        """Offer what needs a selection only if there is one."""
        for action in (self.exportAction, self.sendAction, self.removeAction):
            action.setEnabled(selected)
