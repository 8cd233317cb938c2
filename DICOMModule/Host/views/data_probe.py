"""The data probe below the module panel: place, segments and values under the mouse in a slice view."""

from __future__ import annotations

from html import escape
from typing import Any

import vtk
from qtpy.QtCore import QObject, Qt
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from DICOMLib.widgets.translation import _
from DICOMModule.Host.dialect.ctk_widgets import ctkCollapsibleButton
from DICOMModule.Host.views.views import Observers, weakly

MANAGER = "vtkMRMLSegmentationsDisplayableManager2D"
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
        self.segments = QLabel(objectName="DataProbeSegments")
        self.values = {name: QLabel(objectName=f"DataProbe{name}") for _letter, name in LAYERS}
        for label in (self.place, self.segments, *self.values.values()):
            label.setTextInteractionFlags(Qt.TextSelectableByMouse)
            label.setTextFormat(Qt.RichText if label is self.segments else Qt.PlainText)
            label.setFrameShape(QFrame.NoFrame)
            label.setMinimumWidth(1)  # long names are cut, and do not widen the panel
            column.addWidget(label)
        self.segments.setHidden(True)  # most who look at images have none
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
        place, segments, layers = "", "", dict.fromkeys(self.values, "")
        if slice_node is not None and self._crosshair.GetCursorPositionRAS(position):
            place = f"{slice_node.GetLayoutName()}  " + place_text(position)
            logic = self._application_logic.GetSliceLogic(slice_node)
            if logic is not None:
                layers = layer_texts(logic, xyz)
                segments = segments_text(logic, position)
        self._show_place(place)
        self._tell(self.segments, segments, slice_node)
        for name, text in layers.items():
            self._tell(self.values[name], text, slice_node)

    @staticmethod
    def _tell(label: QLabel, text: str, slice_node: Any) -> None:
        label.setText(text)
        if slice_node is not None:  # when the mouse has left, the lines stay: the panel would jump
            label.setVisible(bool(text))

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


def segments_text(logic: Any, position: list[float]) -> str:
    """The segments at a place (RAS, mm) of a slice view, as HTML, each behind a dot of its colour.

    Empty where the view shows no segmentation.
    """
    group, node = logic.GetDisplayableManagerGroup(), logic.GetSliceNode()
    manager = group.GetDisplayableManagerByClassName(MANAGER) if group is not None else None
    shown = [one for one in _segmentations(node.GetScene()) if _is_shown(one, node)] if manager else []
    if not shown:
        return ""
    texts = []
    for segmentation in shown:
        names = _segments(manager, segmentation, position)
        if names:
            texts.append(f"{escape(segmentation.GetName())} {' '.join(names)}")
    return f"S: {'; '.join(texts) or escape(_('(no segment)'))}"


def _segmentations(scene: Any) -> list[Any]:
    nodes = scene.GetNodesByClass("vtkMRMLSegmentationNode")
    nodes.UnRegister(None)
    return [nodes.GetItemAsObject(number) for number in range(nodes.GetNumberOfItems())]


def _is_shown(segmentation: Any, slice_node: Any) -> bool:
    display = segmentation.GetDisplayNode()
    return (
        display is not None
        and bool(display.GetVisibility() and display.GetVisibility2D())
        and display.IsDisplayableInView(slice_node.GetID())
    )


def _segments(manager: Any, segmentation: Any, position: list[float]) -> list[str]:
    ids = vtk.vtkStringArray()
    manager.GetVisibleSegmentsForPosition(position, segmentation.GetDisplayNode(), ids)
    texts = []
    for number in range(ids.GetNumberOfValues()):
        segment = segmentation.GetSegmentation().GetSegment(ids.GetValue(number))
        colour = "".join(f"{round(255 * part):02x}" for part in segment.GetColor())
        texts.append(f'<font color="#{colour}">&#x25cf;</font>{escape(segment.GetName())}')
    return texts


def _voxel(layer: Any, volume: Any, xyz: list[float]) -> str:
    """Index and value of the voxel at a place of a view."""
    ijk = [round(value) for value in layer.GetXYToIJKTransform().TransformDoublePoint(xyz)]
    image = volume.GetImageData()
    if image is None or not all(
        0 <= one < size for one, size in zip(ijk, image.GetDimensions(), strict=True)
    ):
        return _("(outside)")
    if volume.IsA("vtkMRMLLabelMapVolumeNode"):
        return (
            f"({', '.join(map(str, ijk))}) {_label(volume, int(image.GetScalarComponentAsDouble(*ijk, 0)))}"
        )
    values = [
        image.GetScalarComponentAsDouble(*ijk, component)
        for component in range(image.GetNumberOfScalarComponents())
    ]
    return f"({', '.join(map(str, ijk))}) {', '.join(f'{value:g}' for value in values)}"


def _label(volume: Any, value: int) -> str:
    """What a label stands for, as far as the colours tell, and its value: "Liver (2)"."""
    display = volume.GetDisplayNode()
    colours = display.GetColorNode() if display is not None else None
    name = colours.GetColorName(value) if colours is not None else ""
    return f"{name} ({value})" if name else f"({value})"
