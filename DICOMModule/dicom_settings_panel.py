"""The DICOM page of the application's settings."""

from __future__ import annotations

import logging
import time
from typing import Any

import ctk
import qt
import slicer
from slicer.i18n import tr as _

from DICOMLib.core.errors import FAULTS_OF_OTHERS, log_failure
from DICOMLib.widgets.loading.loading_steps import ALWAYS, ASK, NEVER, REFERENCES_KEY
from DICOMLib.widgets.visual.properties import stored_size

log = logging.getLogger(__name__)

DETAILED_LOGGING_KEY = "DICOM/disableDetailedLoggingTime"
DETAILED_LOGGING_S = 4 * 3600
THUMBNAIL_SIZES = ("hidden", "small", "medium", "large")


class _ui_DICOMSettingsPanel:
    """The widgets of the page."""

    def __init__(self, parent: Any) -> None:
        layout = qt.QVBoxLayout(parent)
        group = ctk.ctkCollapsibleGroupBox()
        group.setTitle(_("Generic DICOM settings"))
        form = qt.QFormLayout(group)
        self.genericGroupBox = group
        self.directoryButton = ctk.ctkDirectoryButton()
        self.directoryButton.setToolTip(_("Takes effect when the application is started again"))
        form.addRow(_("Database location:"), self.directoryButton)
        self.loadReferencesComboBox = qt.QComboBox()
        self.loadReferencesComboBox.setToolTip(
            _("Whether series that the loaded data refers to are loaded too")
        )
        for text, value in ((_("Ask user"), ASK), (_("Always"), ALWAYS), (_("Never"), NEVER)):
            self.loadReferencesComboBox.addItem(text, value)
        form.addRow(_("Load referenced series:"), self.loadReferencesComboBox)
        self.detailedLoggingButton = qt.QPushButton()
        self.detailedLoggingButton.setCheckable(True)
        self.detailedLoggingButton.setToolTip(_("Log each step of reading DICOM data for four hours"))
        form.addRow(_("Detailed logging:"), self.detailedLoggingButton)
        self.thumbnailSizeComboBox = qt.QComboBox()
        for size in THUMBNAIL_SIZES:
            self.thumbnailSizeComboBox.addItem(_(size), size)
        form.addRow(_("Thumbnail size:"), self.thumbnailSizeComboBox)
        layout.addWidget(group)
        for name, plugin in getattr(slicer.modules, "dicomPlugins", {}).items():
            if hasattr(plugin, "settingsPanelEntry"):
                self._add_plugin(name, plugin, parent, layout)
        layout.addStretch(1)

    @staticmethod
    def _add_plugin(name: str, plugin: Any, parent: Any, layout: Any) -> None:
        group = ctk.ctkCollapsibleGroupBox()
        try:
            group.setTitle(plugin().loadType)
            plugin.settingsPanelEntry(parent, group)
        except FAULTS_OF_OTHERS as error:  # the page is shown without it
            log_failure(log, f"DICOM plugin {name} failed while its settings were shown", error)
            group.deleteLater()
            return
        layout.addWidget(group)


class DICOMSettingsPanel(ctk.ctkSettingsPanel):
    """Generic settings, and those of each plugin that has some; each change is stored at once."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        ctk.ctkSettingsPanel.__init__(self, *arguments, **keywords)
        self.ui = _ui_DICOMSettingsPanel(self)
        settings = qt.QSettings()
        key = slicer.dicomDatabaseDirectorySettingsKey
        folder = settings.value(key, "") or slicer.dicomDatabase.databaseDirectory
        self.ui.directoryButton.setDirectory(str(folder or ""))
        self.ui.directoryButton.directoryChanged.connect(lambda folder: qt.QSettings().setValue(key, folder))
        self._follow(self.ui.loadReferencesComboBox, REFERENCES_KEY, str(ASK))
        self._follow(self.ui.thumbnailSizeComboBox, "DICOM/thumbnailsSize", "small")
        self.ui.thumbnailSizeComboBox.activated.connect(lambda _index: self._show_size())
        self.ui.detailedLoggingButton.toggled.connect(self.onDetailedLoggingToggled)
        self.updateDetailedLoggingButton()

    @staticmethod
    def _follow(box: Any, key: str, default: str) -> None:
        """Show a stored value in a box and store what is chosen."""
        stored = str(qt.QSettings().value(key, default))
        index = next(
            (
                i
                for i in range(box.count() if callable(box.count) else box.count)
                if str(box.itemData(i)) == stored
            ),
            0,
        )
        box.setCurrentIndex(index)
        box.activated.connect(lambda i: qt.QSettings().setValue(key, str(box.itemData(i))))

    @staticmethod
    def _show_size() -> None:
        """Let the pictures of the visual browser have the chosen size at once."""
        browser = slicer.modules.DICOMInstance.browser().dicomVisualBrowser
        if browser is not None:
            browser.thumbnailSizePreset = stored_size()

    def onDetailedLoggingToggled(self, enabled: bool) -> None:
        """Log in detail for four hours, or no more."""
        until = int(time.time()) + DETAILED_LOGGING_S if enabled else 0
        qt.QSettings().setValue(DETAILED_LOGGING_KEY, until)
        slicer.modules.DICOMInstance.checkAndDisableStaleDetailedLogging(qt.QSettings())
        self.updateDetailedLoggingButton()

    def updateDetailedLoggingButton(self) -> None:
        """Say until when there is detailed logging."""
        until = int(qt.QSettings().value(DETAILED_LOGGING_KEY, 0))
        enabled = until > time.time()
        text = time.strftime("%H:%M, %d %b %Y", time.localtime(until))
        button = self.ui.detailedLoggingButton
        button.blockSignals(True)
        button.setChecked(enabled)
        button.blockSignals(False)
        button.setText(_("Enabled until {time}").format(time=text) if enabled else _("Disabled"))
