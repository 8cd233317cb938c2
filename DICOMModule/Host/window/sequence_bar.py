"""The tool bar that plays sequences: first, previous, play, next, last, a slider, the frame rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import vtk
from qtpy.QtCore import QObject, Qt, QTimer
from qtpy.QtWidgets import QDoubleSpinBox, QLabel, QSlider, QStyle, QToolBar, QWidget

from DICOMLib.widgets.translation import _
from DICOMModule.Host.dialect.qt_dialect import dialect
from DICOMModule.Host.views.views import Observers

if TYPE_CHECKING:
    from DICOMModule.Host.modules import SequencesModule

TICK_MS = 10  # the logic decides at each tick whether a frame is due
BROWSER_CLASS = "vtkMRMLSequenceBrowserNode"


class SequenceBar(dialect(QToolBar)):  # type: ignore[misc]
    """Shows and changes the active sequence browser node of the Sequences module; plays all that are playing.

    Parameters
    ----------
    module
        `slicer.modules.sequences`, which knows the active node.
    scene
        vtkMRMLScene.
    parent
        The main window.
    """

    def __init__(self, module: SequencesModule, scene: Any, parent: QWidget) -> None:
        super().__init__(_("Sequence browser"), parent)
        QObject.setObjectName(self, "SequenceBrowserToolBar")
        self._module = module
        self._scene = scene
        self._node: Any = None
        self._observers, self._node_observers = Observers(), Observers()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._build()
        self._observers.add(scene, scene.NodeAddedEvent, self._on_node_added)
        for event in (scene.NodeRemovedEvent, scene.EndCloseEvent):
            self._observers.add(scene, event, lambda *_event: self._on_nodes_removed())
        module.activeBrowserNodeChanged.connect(self.setActiveBrowserNode)
        module.toolBarVisibleChanged.connect(lambda shown: QWidget.setVisible(self, shown))
        QWidget.hide(self)

    def _build(self) -> None:
        style = QWidget.style(self)
        self.actionsByName = {}
        for name, icon, text, keys, call in (
            (
                "First",
                QStyle.SP_MediaSkipBackward,
                _("First frame"),
                "",
                lambda: self._node.SelectFirstItem(),
            ),
            (
                "Previous",
                QStyle.SP_MediaSeekBackward,
                _("Previous frame"),
                "Ctrl+Shift+Left",
                lambda: self._step(-1),
            ),
            ("Play", QStyle.SP_MediaPlay, _("Play or pause"), "Ctrl+Shift+Down", self._toggle),
            ("Next", QStyle.SP_MediaSeekForward, _("Next frame"), "Ctrl+Shift+Right", lambda: self._step(1)),
            ("Last", QStyle.SP_MediaSkipForward, _("Last frame"), "", lambda: self._node.SelectLastItem()),
        ):
            action = QToolBar.addAction(self, style.standardIcon(icon), text)
            action.setShortcut(keys)
            action.triggered.connect(lambda _checked, call=call: call())
            QToolBar.widgetForAction(self, action).setFocusPolicy(Qt.TabFocus)
            self.actionsByName[name] = action
        self.actionsByName["Play"].setCheckable(True)
        self.slider = QSlider(Qt.Horizontal)
        self.slider.setMinimumWidth(120)
        self.slider.setToolTip(_("Number of the frame"))
        self.slider.valueChanged.connect(lambda number: self._node.SetSelectedItemNumber(number))
        self.label = QLabel()
        self.rateBox = QDoubleSpinBox()
        self.rateBox.setRange(0.1, 60.0)
        self.rateBox.setDecimals(1)
        self.rateBox.setSuffix(_(" fps"))
        self.rateBox.setToolTip(_("Frames per second"))
        self.rateBox.valueChanged.connect(lambda rate: self._node.SetPlaybackRateFps(rate))
        for widget in (self.slider, self.label, self.rateBox):
            QToolBar.addWidget(self, widget)

    # The node that is shown

    def activeBrowserNode(self) -> Any:
        """The sequence browser node that is shown; None for none."""
        return self._node

    def setActiveBrowserNode(self, node: Any) -> None:
        """Show another one; the bar appears with it unless the module says that it shall not."""
        self._node_observers.clear()
        self._node = node
        if node is None:
            QWidget.hide(self)
            return
        self._node_observers.add(node, vtk.vtkCommand.ModifiedEvent, lambda *_event: self._show())
        self._show()
        if self._module.autoShowToolBar:
            QWidget.show(self)

    def _show(self) -> None:
        """Let the widgets follow the node."""
        node = self._node
        for widget in (self.slider, self.rateBox):
            widget.blockSignals(True)
        count, number = node.GetNumberOfItems(), node.GetSelectedItemNumber()
        self.slider.setRange(0, max(0, count - 1))
        self.slider.setValue(number)
        self.rateBox.setValue(node.GetPlaybackRateFps())
        for widget in (self.slider, self.rateBox):
            widget.blockSignals(False)
        master = node.GetMasterSequenceNode()
        value = node.GetFormattedIndexValue(number) if master and 0 <= number < count else ""
        parts = [value, master.GetIndexUnit()] if value else []
        self.label.setText(" ".join(["", *filter(None, parts), f"({number + 1}/{count}) "]))
        playing = bool(node.GetPlaybackActive())
        play = self.actionsByName["Play"]
        play.setChecked(playing)
        play.setIcon(
            QWidget.style(self).standardIcon(QStyle.SP_MediaPause if playing else QStyle.SP_MediaPlay)
        )
        QWidget.setEnabled(self, count > 0)

    # Playing

    def _step(self, by: int) -> None:
        self._node.SetPlaybackActive(False)
        self._node.SelectNextItem(by)

    def _toggle(self) -> None:
        self._node.SetPlaybackActive(not self._node.GetPlaybackActive())

    def _tick(self) -> None:
        if any(node.GetPlaybackActive() for node in self._browser_nodes()):
            self._module.logic().UpdateAllProxyNodes()
        else:
            self._timer.stop()

    def _browser_nodes(self) -> list[Any]:
        count = self._scene.GetNumberOfNodesByClass(BROWSER_CLASS)
        return [self._scene.GetNthNodeByClass(index, BROWSER_CLASS) for index in range(count)]

    @vtk.calldata_type(vtk.VTK_OBJECT)  # type: ignore[untyped-decorator]
    def _on_node_added(self, _scene: Any, _event: str, node: Any) -> None:
        """Play a sequence whoever starts it, and show the first one that comes."""
        if not node.IsA(BROWSER_CLASS):
            return

        def start_if_playing(*_event: Any) -> None:
            if node.GetPlaybackActive() and not self._timer.isActive():
                self._timer.start()

        self._observers.add(node, vtk.vtkCommand.ModifiedEvent, start_if_playing)
        if self._node is None:
            self._module.setToolBarActiveBrowserNode(node)

    def _on_nodes_removed(self) -> None:
        if self._node is not None and self._node not in self._browser_nodes():
            self._module.setToolBarActiveBrowserNode(None)

    def dispose(self) -> None:
        """Let the scene go."""
        self._timer.stop()
        self._observers.clear()
        self._node_observers.clear()
        self._node = None
