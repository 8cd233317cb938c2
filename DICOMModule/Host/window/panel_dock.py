"""The dock at the left, which shows the panel of the chosen module."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import QDockWidget, QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from DICOMLib.widgets.translation import _
from DICOMModule.Host.dialect.qt_dialect import dialect

PANEL_WIDTH = 340
WIDEST_PANEL = 480


class ModulePanel(dialect(QScrollArea)):  # type: ignore[misc]
    """The scroll area with a module's panel.

    Attributes
    ----------
    helpAndAcknowledgmentVisible
        Kept for scripts: there is no section with help to be hidden.
    """

    helpAndAcknowledgmentVisible = True


class PanelDock(dialect(QDockWidget)):  # type: ignore[misc]
    """Shows one module panel at a time, in a scroll area, and a widget below it."""

    def __init__(self, parent: QWidget, footer: QWidget) -> None:
        super().__init__(parent)
        QObject.setObjectName(self, "PanelDockWidget")
        QDockWidget.setWindowTitle(self, _("Module panel"))
        QDockWidget.setAllowedAreas(self, Qt.LeftDockWidgetArea | Qt.RightDockWidgetArea)
        self._panel: Any = None
        self._area = ModulePanel()
        self._area.setObjectName("ModulePanel")
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self._area.setMinimumWidth(PANEL_WIDTH)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        logo = dialect(QLabel)()  # for the logo that a program of one's own may show
        QObject.setObjectName(logo, "LogoLabel")
        QWidget.hide(logo)
        column.addWidget(logo)
        column.addWidget(self._area, 1)
        column.addWidget(footer)
        QDockWidget.setWidget(self, content)
        self.show_panel(None, "")

    def show_panel(self, panel: Any, title: str) -> None:
        """Leave the panel that is shown and enter another.

        Parameters
        ----------
        panel
            A module's `widgetRepresentation()`, or None for no module.
        title
            Of the module.
        """
        self._leave()
        self._panel = panel
        QDockWidget.setWindowTitle(self, title or _("Module panel"))
        if panel is None:
            self._area.setWidget(_hint())
            return
        panel.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Preferred)
        self._area.setWidget(panel)
        self._area.setMinimumWidth(self._width_of(panel))
        QWidget.show(panel)
        panel.enter()

    def _width_of(self, panel: QWidget) -> int:
        """As wide as nothing of the panel is cut, within reason."""
        bar = self._area.verticalScrollBar().sizeHint().width()
        return min(max(PANEL_WIDTH, panel.minimumSizeHint().width() + bar), WIDEST_PANEL)

    def _leave(self) -> None:
        if self._panel is not None:
            self._panel.exit()
            self._area.takeWidget()
            QWidget.hide(self._panel)
            QWidget.setParent(self._panel, None)
            self._panel = None

    def dispose(self) -> None:
        """Leave the panel; it belongs to its module."""
        self._leave()


def _hint() -> QLabel:
    label = QLabel(_("Choose a module in the box above."))
    label.setAlignment(Qt.AlignTop | Qt.AlignHCenter)
    label.setMargin(24)
    label.setWordWrap(True)
    label.setEnabled(False)
    return label
