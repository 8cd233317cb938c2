"""The data probe below the module panel: place and values under the mouse in a slice view."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, Qt
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from DICOMLib.widgets.translation import _
from DICOMModule.Host.dialect.ctk_widgets import ctkCollapsibleButton
from DICOMModule.Host.views.views import Observers, weakly

LAYERS = (("L", "Label"), ("F", "Foreground"), ("B", "Background"))


class DataProbe(ctkCollapsibleButton):
    """Follows the crosshair of the scene.

    Parameters
    ----------
    scene
        vtkMRMLScene.
    application_logic
        vtkMRMLApplicationLogic; knows the slice views.
    """

    def __init__(self, scene: Any, application_logic: Any) -> None:
        super().__init__()
        self._scene, self._application_logic = scene, application_logic
        QObject.setObjectName(self, "DataProbeCollapsibleWidget")
        self.setText(_("Data probe"))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 4)
        self.place = QLabel(objectName="DataProbePlace")
        self.values = {name: QLabel(objectName=f"DataProbe{name}") for _letter, name in LAYERS}
        for label in (self.place, *self.values.values()):
            label.setTextInteractionFlags(Qt.TextSelectableByMouse)
            label.setTextFormat(Qt.PlainText)
            label.setFrameShape(QFrame.NoFrame)
            label.setMinimumWidth(1)  # long names are cut, and do not widen the panel
            column.addWidget(label)
        self._show_place("")
        self._observers, self._crosshair_observer = Observers(), Observers()
        for event in (scene.EndCloseEvent, scene.EndImportEvent, scene.NodeAddedEvent):
            self._observers.add(scene, event, weakly(self._find_crosshair))
        self._crosshair: Any = None
        self._find_crosshair()

    def _find_crosshair(self) -> None:
        node = self._scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        if node is self._crosshair:
            return
        self._crosshair_observer.clear()
        self._crosshair = node
        if node is not None:
            event = node.CursorPositionModifiedEvent
            self._crosshair_observer.add(node, event, weakly(self._show))

    def _show(self) -> None:
        if not QWidget.isVisible(self):
            return
        position, xyz = [0.0] * 3, [0.0] * 3
        slice_node = self._crosshair.GetCursorPositionXYZ(xyz)
        if slice_node is None or not self._crosshair.GetCursorPositionRAS(position):
            texts, layers = "", dict.fromkeys(self.values, "")
        else:
            texts = f"{slice_node.GetLayoutName()}  " + place_text(position)
            logic = self._application_logic.GetSliceLogic(slice_node)
            layers = layer_texts(logic, xyz) if logic is not None else dict.fromkeys(self.values, "")
        self._show_place(texts)
        for name, text in layers.items():
            self.values[name].setText(text)
            if slice_node is not None:  # when the mouse has left, their lines stay: the panel would jump
                self.values[name].setVisible(bool(text))

    def _show_place(self, text: str) -> None:
        """Show a place; an empty text is replaced by what to do to see one."""
        self.place.setForegroundRole(QPalette.WindowText if text else QPalette.PlaceholderText)
        self.place.setText(text or _("Move the mouse over a slice."))

    def dispose(self) -> None:
        """Let MRML go."""
        self._observers.clear()
        self._crosshair_observer.clear()
        self._crosshair = None


def place_text(position: list[float]) -> str:
    """A place (RAS, mm) as Slicer writes it: "R 1.5, A 2.0, I 3.0"."""
    names = ("RL", "AP", "SI")
    return ", ".join(
        f"{pair[value < 0]} {abs(value):.1f}" for pair, value in zip(names, position, strict=True)
    )


def layer_texts(logic: Any, xyz: list[float]) -> dict[str, str]:
    """For each layer of a slice view the volume, the voxel and its value at a place of the view."""
    texts = {}
    for letter, name in LAYERS:
        layer = getattr(logic, f"Get{name}Layer")()
        volume = layer.GetVolumeNode() if layer is not None else None
        texts[name] = "" if volume is None else f"{letter}: {volume.GetName()} {_voxel(layer, volume, xyz)}"
    return texts


def _voxel(layer: Any, volume: Any, xyz: list[float]) -> str:
    """Index and value of the voxel at a place of a view."""
    ijk = [round(value) for value in layer.GetXYToIJKTransform().TransformDoublePoint(xyz)]
    image = volume.GetImageData()
    if image is None or not all(
        0 <= one < size for one, size in zip(ijk, image.GetDimensions(), strict=True)
    ):
        return _("(outside)")
    values = [
        image.GetScalarComponentAsDouble(*ijk, component)
        for component in range(image.GetNumberOfScalarComponents())
    ]
    return f"({', '.join(map(str, ijk))}) {', '.join(f'{value:g}' for value in values)}"
