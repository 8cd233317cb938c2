"""The settings page for those who write modules and plugins."""

from __future__ import annotations

import sys
from typing import Any

import slicer
from qtpy.QtCore import QSettings
from qtpy.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QListWidget, QPushButton, QVBoxLayout

from DICOMLib.widgets.translation import _

DEVELOPER_MODE_KEY = "Developer/DeveloperMode"
MODULE_PATHS_KEY = "Modules/AdditionalPaths"

_Panel: Any = sys.modules["ctk"].ctkSettingsPanel


def additional_module_paths() -> list[str]:
    """Folders with modules and plugins of the user's own, from the settings."""
    stored = QSettings().value(MODULE_PATHS_KEY)
    return [stored] if isinstance(stored, str) else [str(path) for path in stored or []]


class DeveloperSettings(_Panel):
    """Developer mode, which counts at once, and folders of modules, which count from the next start on."""

    def __init__(self, *parents: Any) -> None:
        super().__init__(*parents)
        self.developerMode = QCheckBox(_("Developer mode: reload and test modules from their panels"))
        self.developerMode.setToolTip(
            _("Each module panel gets the buttons Reload, Reload & Test and Test, and its file is at hand")
        )
        self.registerProperty(DEVELOPER_MODE_KEY, self.developerMode, "checked", "toggled(bool)")
        self.developerMode.toggled.connect(self._tell_panels)
        self.paths = QListWidget()
        self.paths.setObjectName("AdditionalModulePaths")
        self.paths.setAccessibleName(_("Additional module paths"))
        self.paths.addItems(additional_module_paths())
        self._add = QPushButton(_("Add…"))
        self._add.setToolTip(_("Choose a folder with modules or plugins"))
        self._add.clicked.connect(self._ask_for_path)
        self._remove = QPushButton(_("Remove"))
        self._remove.setToolTip(_("Look no more in the chosen folder; it stays on the disk"))
        self._remove.clicked.connect(self._remove_path)
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.addWidget(self.developerMode)
        column.addWidget(QLabel(_("Folders with additional modules and plugins (from the next start on):")))
        column.addWidget(self.paths, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._add)
        row.addWidget(self._remove)
        column.addLayout(row)

    @staticmethod
    def _tell_panels(enabled: bool) -> None:
        """Panels that are there already follow."""
        for module in slicer.app.moduleManager().scripted():
            module.followDeveloperMode(enabled)

    def _ask_for_path(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, _("Folder with modules"))
        if folder:
            self.add_path(folder)

    def add_path(self, folder: str) -> None:
        """Look for modules in this folder, too."""
        if folder not in self._listed():
            self.paths.addItem(folder)
            self._store()

    def _remove_path(self) -> None:
        self.paths.takeItem(self.paths.currentRow())
        self._store()

    def _listed(self) -> list[str]:
        return [self.paths.item(row).text() for row in range(self.paths.count())]

    def _store(self) -> None:
        QSettings().setValue(MODULE_PATHS_KEY, self._listed())
