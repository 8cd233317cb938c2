"""The panel of the DICOM module: import, database, loaded data, networking, settings, plugins."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import ctk
import qt
import slicer
from slicer.i18n import tr as _

from DICOMLib.widgets.empty_text import EmptyText
from DICOMLib.widgets.icons import icon
from DICOMLib.widgets.loading.plugin_selector import DICOMPluginSelector


def build_panel(layout: Any) -> SimpleNamespace:
    """Fill `layout` with the panel; give its widgets by the names that scripts know them by."""
    ui = SimpleNamespace()
    layout.setSpacing(6)
    _build_buttons(ui, layout)
    _build_tree(ui, layout)
    _build_networking(ui, layout)
    _build_database(ui, layout)
    _build_plugins(ui, layout)
    for name, widget in vars(ui).items():
        if not widget.objectName if isinstance(getattr(widget, "objectName", None), str) else True:
            widget.setObjectName(name)
    return ui


def _build_buttons(ui: SimpleNamespace, layout: Any) -> None:
    ui.importButton = qt.QToolButton()
    ui.importButton.setText(_("Import DICOM files"))
    ui.importButton.setIcon(icon("DICOMImport"))
    ui.importButton.setToolTip(_("Add DICOM files to the database; they can be dropped on the browser, too"))
    ui.importButton.setPopupMode(qt.QToolButton.MenuButtonPopup)
    ui.copyOnImportAction = qt.QAction(_("Copy imported files to DICOM database"), ui.importButton)
    ui.copyOnImportAction.setCheckable(True)
    menu = qt.QMenu(ui.importButton)
    menu.addAction(ui.copyOnImportAction)
    ui.importButton.setMenu(menu)
    ui.showBrowserButton = qt.QToolButton()
    ui.showBrowserButton.setText(_("Show DICOM database"))
    ui.showBrowserButton.setIcon(icon("DICOMDatabase"))
    ui.showBrowserButton.setCheckable(True)
    ui.showBrowserButton.setToolTip(_("Show or hide the browser of the DICOM database"))
    for button in (ui.importButton, ui.showBrowserButton):
        button.setToolButtonStyle(qt.Qt.ToolButtonTextBesideIcon)
        button.setSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Fixed)
        button.setMinimumHeight(34)
        layout.addWidget(button)
    ui.showVisualBrowserButton = qt.QToolButton()
    ui.showVisualBrowserButton.setText(_("Visual browser"))
    ui.showVisualBrowserButton.setCheckable(True)
    ui.showVisualBrowserButton.setToolTip(_("Show series as pictures instead of tables"))
    ui.showVisualBrowserButton.setVisible(False)
    ui.dockToRightPushButton = qt.QToolButton()
    ui.dockToRightPushButton.setText(_("Side panel"))
    ui.dockToRightPushButton.setCheckable(True)
    ui.dockToRightPushButton.setToolTip(_("Show the browser beside the views instead of in their place"))
    row = qt.QHBoxLayout()
    for button in (ui.showVisualBrowserButton, ui.dockToRightPushButton):
        button.setSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Fixed)
        row.addWidget(button)
    layout.addLayout(row)


def _build_tree(ui: SimpleNamespace, layout: Any) -> None:
    title = ui.loadedDataLabel = qt.QLabel(_("Loaded data"))
    font = title.font
    bold = qt.QFont(font() if callable(font) else font)
    bold.setBold(True)
    title.setFont(bold)
    layout.addWidget(title)
    ui.subjectHierarchyTree = slicer.qMRMLSubjectHierarchyTreeView()
    ui.subjectHierarchyTree.setMRMLScene(slicer.mrmlScene)
    ui.subjectHierarchyTree.setMinimumHeight(140)
    ui.subjectHierarchyTree.setAccessibleName(_("Loaded data"))
    EmptyText(ui.subjectHierarchyTree, _("Nothing is loaded yet.\nDouble-click a series in the database."))
    layout.addWidget(ui.subjectHierarchyTree, 1)


def _section(title: str, layout: Any) -> tuple[Any, Any]:
    """A section that is closed at first, and the form in it."""
    section = ctk.ctkCollapsibleButton()
    section.setText(title)
    section.setCollapsed(True)
    form = qt.QFormLayout(section)
    form.setFieldGrowthPolicy(qt.QFormLayout.AllNonFixedFieldsGrow)
    layout.addWidget(section)
    return section, form


def _build_networking(ui: SimpleNamespace, layout: Any) -> None:
    ui.networkingFrame, form = _section(_("DICOM networking"), layout)
    ui.queryServerButton = qt.QPushButton(_("Query and retrieve…"))
    ui.queryServerButton.setToolTip(_("Find and retrieve data of other DICOM systems"))
    form.addRow(ui.queryServerButton)
    ui.toggleListener = qt.QCheckBox(_("Receive data from other DICOM systems"))
    ui.toggleListener.setToolTip(_("What others send to this computer comes into the database"))
    form.addRow(ui.toggleListener)
    ui.listenerStateLabel = qt.QLabel(_("not started"))
    ui.listenerStateLabel.setWordWrap(True)
    form.addRow(_("State:"), ui.listenerStateLabel)
    ui.runListenerAtStart = qt.QCheckBox(_("Start receiving with the application"))
    ui.runListenerAtStart.setToolTip(_("Receive as soon as the application is started"))
    form.addRow(ui.runListenerAtStart)
    ui.toggleServer = qt.QPushButton(_("Start testing server"))
    ui.toggleServer.setToolTip(_("Query and retrieve server of DCMTK: CTK_AE at port 11112 of this computer"))
    ui.toggleServer.setVisible(False)  # unless in developer mode
    form.addRow(ui.toggleServer)


def _build_database(ui: SimpleNamespace, layout: Any) -> None:
    ui.browserSettingsFrame, form = _section(_("DICOM database settings"), layout)
    ui.directoryButton = ctk.ctkDirectoryButton()
    ui.directoryButton.setToolTip(_("Choose the folder of the database"))
    form.addRow(_("Database folder:"), ui.directoryButton)
    ui.browserAutoHideCheckBox = qt.QCheckBox(_("Hide the browser after loading"))
    ui.browserAutoHideCheckBox.setToolTip(_("The views are shown as soon as something was loaded"))
    form.addRow(ui.browserAutoHideCheckBox)
    ui.repairDatabaseButton = qt.QPushButton(_("Remove unavailable data sets…"))
    ui.repairDatabaseButton.setToolTip(_("Look for series whose files are gone, and remove them"))
    ui.clearDatabaseButton = qt.QPushButton(_("Remove all data sets…"))
    ui.clearDatabaseButton.setToolTip(_("Empty the database; files imported as links stay on the disk"))
    ui.refreshBrowserButton = qt.QPushButton(_("Refresh browser"))
    ui.refreshBrowserButton.setToolTip(_("Read the tables again from the database"))
    for button in (ui.repairDatabaseButton, ui.clearDatabaseButton, ui.refreshBrowserButton):
        form.addRow(button)


def _build_plugins(ui: SimpleNamespace, layout: Any) -> None:
    ui.dicomPluginsFrame, form = _section(_("DICOM plugins"), layout)
    hint = qt.QLabel(_("Only checked plugins are asked what they can load."))
    hint.setWordWrap(True)
    form.addRow(hint)
    ui.pluginSelector = DICOMPluginSelector(None, height=180)
    form.addRow(ui.pluginSelector)
