"""Where the browser is shown: in the place of the views, or beside them."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from DICOMLib.widgets.icons import icon

DOCK_SHARE = 0.4  # of the window
LAYOUT_ID = 41  # vtkMRMLLayoutNode::SlicerLayoutDicomBrowserView
LAYOUT_TAG = "dicombrowser"
LAYOUT_DESCRIPTION = f'<layout type="horizontal"><item><{LAYOUT_TAG}></{LAYOUT_TAG}></item></layout>'


class DICOMDockWidget(qt.QDockWidget):
    """The browser beside the views, or on the whole screen; closing it brings it back into the layout."""

    def __init__(self, parent: Any) -> None:
        qt.QDockWidget.__init__(self, parent)
        self.setObjectName("DICOMBrowserDockWidget")
        self.setWindowTitle(_("DICOM Database"))
        self.setAllowedAreas(qt.Qt.AllDockWidgetAreas)
        self._make_title_bar()

    def _make_title_bar(self) -> None:
        bar = qt.QWidget()
        row = qt.QHBoxLayout(bar)
        row.setContentsMargins(8, 2, 2, 2)
        row.addWidget(qt.QLabel(_("DICOM database")), 1)
        self.fullScreenButton, self.closeButton = qt.QToolButton(), qt.QToolButton()
        self.fullScreenButton.setIcon(icon("FullScreen"))
        self.fullScreenButton.setCheckable(True)
        self.fullScreenButton.setShortcut(qt.QKeySequence("F11"))
        self.fullScreenButton.setToolTip(
            _("Show the database on the whole screen, or beside the views again (F11)")
        )
        self.fullScreenButton.toggled.connect(self.setFullScreen)
        self.closeButton.setIcon(icon("Close"))
        self.closeButton.setToolTip(_("Close the side panel"))
        self.closeButton.clicked.connect(lambda _checked=False: self.close())
        for button in (self.fullScreenButton, self.closeButton):
            button.setAutoRaise(True)
            button.setFocusPolicy(qt.Qt.TabFocus)
            row.addWidget(button)
        self.setTitleBarWidget(bar)

    def setFullScreen(self, full: bool) -> None:
        """Take the whole screen, or go back beside the views."""
        if full:
            self.setFloating(True)
            self.showFullScreen()
        else:
            self.showNormal()
            self.setFloating(False)

    def closeEvent(self, event: Any) -> None:
        """End the dock mode."""
        self.fullScreenButton.setChecked(False)
        slicer.modules.DICOMInstance.onDockClosed()
        qt.QDockWidget.closeEvent(self, event)


class BrowserPlace:
    """Shows and hides one browser widget in the layout or in the dock."""

    def __init__(self) -> None:
        self.view = self._make_view()
        self.dock: DICOMDockWidget | None = None
        self.browser: Any = None
        self.docked = False
        self._sized = False
        self.previous_layout: int | None = None

    @staticmethod
    def _make_view() -> Any:
        view = qt.QWidget()
        view.setObjectName("DICOMBrowserView")
        layout = qt.QVBoxLayout(view)
        layout.setContentsMargins(0, 0, 0, 0)
        title = qt.QLabel(_("DICOM database"))
        font = qt.QFont()
        font.setBold(True)
        font.setPointSize(12)
        title.setFont(font)
        title.setContentsMargins(8, 6, 8, 0)
        layout.addWidget(title)
        return view

    def register(self, layout_manager: Any, main_window: Any) -> None:
        """Make the browser's view known to the layouts, and its dock to the main window."""
        factory = slicer.qSlicerSingletonViewFactory()
        factory.setWidget(self.view)
        factory.setTagName(LAYOUT_TAG)
        layout_manager.registerViewFactory(factory)
        self.factory = factory
        node = layout_manager.layoutLogic().GetLayoutNode()
        if not node.IsLayoutDescription(LAYOUT_ID):
            node.AddLayoutDescription(LAYOUT_ID, LAYOUT_DESCRIPTION)
        if main_window is not None:
            self.dock = DICOMDockWidget(main_window)
            main_window.addDockWidget(qt.Qt.RightDockWidgetArea, self.dock)
            self.dock.hide()

    def set_browser(self, browser: Any) -> None:
        """Put this browser below the title."""
        if self.browser is not None:
            self.browser.setParent(None)
        self.browser = browser
        self._into_view()

    def _into_view(self) -> None:
        # called as a function of the class: some objects have `layout` as an attribute
        self.view.findChild(qt.QVBoxLayout).addWidget(self.browser, 1)
        self.browser.show()

    def set_docked(self, docked: bool) -> None:
        """Move the browser into the dock, or back into the layout."""
        if self.dock is None or self.browser is None or docked == self.docked:
            return
        self.docked = docked
        if docked:
            self.leave_layout()
            self.dock.setWidget(self.browser)
            self.browser.show()
            self.dock.show()
            self._share_width()
        else:
            self.dock.fullScreenButton.setChecked(False)
            self.dock.hide()
            self._into_view()

    def _share_width(self) -> None:
        """Leave room for the views when the dock is first shown; then it is as wide as the user made it."""
        if not self._sized:
            self._sized = True
            self._give_share()
            # what is in it may have been wide until now, and needs less once it has been made narrow
            qt.QTimer.singleShot(0, self._give_share)

    def _give_share(self) -> None:
        window = slicer.util.mainWindow()
        if self.docked and window is not None:
            window.resizeDocks([self.dock], [int(window.width * DOCK_SHARE)], qt.Qt.Horizontal)

    def enter_layout(self) -> None:
        """Show the browser in the place of the views."""
        manager = slicer.app.layoutManager()
        if manager is None or manager.layout == LAYOUT_ID:
            return
        self.previous_layout = manager.layout
        manager.setLayout(LAYOUT_ID)

    def leave_layout(self) -> None:
        """Show the views again."""
        manager = slicer.app.layoutManager()
        if manager is None or manager.layout != LAYOUT_ID:
            return
        manager.setLayout(self._layout_to_return_to())

    def _layout_to_return_to(self) -> int:
        unfit = (None, LAYOUT_ID, slicer.vtkMRMLLayoutNode.SlicerLayoutNone)
        if self.previous_layout not in unfit:
            return int(self.previous_layout or 0)
        stored = int(qt.QSettings().value("MainWindow/layout", 0) or 0)
        return stored if stored not in (0, *unfit) else slicer.vtkMRMLLayoutNode.SlicerLayoutInitialView

    @property
    def in_layout(self) -> bool:
        """Whether the browser stands in the place of the views."""
        manager = slicer.app.layoutManager()
        return manager is not None and manager.layout == LAYOUT_ID

    @property
    def shown(self) -> bool:
        """Whether the browser is in the layout that is shown, or in the dock and not hidden."""
        if self.docked and self.dock is not None:
            return not qt.QWidget.isHidden(self.dock)
        return self.in_layout
