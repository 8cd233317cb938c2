"""The data probe below the module panel: place, segments and values under the mouse in a slice view."""

from __future__ import annotations

from typing import Any

import vtk
from qtpy.QtCore import QObject
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from DICOMLib.widgets.translation import _
from DICOMModule.Host.dialect.ctk_widgets import ctkCollapsibleButton
from DICOMModule.Host.views.probe_line import DOT, Kind, Part, ProbeLine
from DICOMModule.Host.views.views import Observers, weakly

MANAGER = "vtkMRMLSegmentationsDisplayableManager2D"
LINE_SPACING = 2  # pixels
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
        self.place = ProbeLine("DataProbePlace")
        self.segments = ProbeLine("DataProbeSegments", rich=True)
        self.values = {name: ProbeLine(f"DataProbe{name}") for _letter, name in LAYERS}
        self._lay_out()
        self._show_place("")
        self._observers, self._crosshair_observer = Observers(), Observers()
        for event in (scene.EndCloseEvent, scene.EndImportEvent, scene.NodeAddedEvent):
            self._observers.add(scene, event, weakly(self._find_crosshair))
        self._crosshair: Any = None
        self._find_crosshair()

    def _lay_out(self) -> None:
        """Keep room for all lines, so that the panel above does not move when some of them come and go."""
        lines = (self.place, self.segments, *self.values.values())
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(LINE_SPACING)
        for line in lines:
            column.addWidget(line)
        column.addStretch(1)
        height = QLabel("X").sizeHint().height()
        body.setFixedHeight(len(lines) * height + (len(lines) - 1) * LINE_SPACING)
        for line in lines[1:]:
            line.setHidden(True)
        frame = QVBoxLayout(self)
        frame.setContentsMargins(8, 4, 8, 4)
        frame.addWidget(body)

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
        place = ""
        parts: dict[ProbeLine, list[Part]] = {line: [] for line in (self.segments, *self.values.values())}
        if slice_node is not None and self._crosshair.GetCursorPositionRAS(position):
            place = f"{slice_node.GetLayoutName()}  " + place_text(position)
            logic = self._application_logic.GetSliceLogic(slice_node)
            if logic is not None:
                parts[self.segments] = segment_parts(logic, position)
                for name, told in layer_parts(logic, xyz).items():
                    parts[self.values[name]] = told
        self._show_place(place)
        for line, told in parts.items():
            line.setVisible(bool(told))
            line.tell(told)

    def _show_place(self, text: str) -> None:
        """Show a place; an empty text is replaced by what to do to see one."""
        self.place.setForegroundRole(QPalette.WindowText if text else QPalette.PlaceholderText)
        self.place.tell([Part(text or _("Move the mouse over a slice."))])

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


def layer_parts(logic: Any, xyz: list[float]) -> dict[str, list[Part]]:
    """For each layer of a slice view the volume, the voxel and its value at a place of the view."""
    told: dict[str, list[Part]] = {}
    for letter, name in LAYERS:
        layer = getattr(logic, f"Get{name}Layer")()
        volume = layer.GetVolumeNode() if layer is not None else None
        told[name] = []
        if volume is not None:
            node = Part(volume.GetName() or "", Kind.NODE)
            told[name] = [Part(f"{letter}: "), node, Part(f" {_voxel(layer, volume, xyz)}")]
    return told


def segment_parts(logic: Any, position: list[float]) -> list[Part]:
    """The segments at a place (RAS, mm) of a slice view, each behind a dot of its colour.

    None where the view shows no segmentation.
    """
    group, node = logic.GetDisplayableManagerGroup(), logic.GetSliceNode()
    manager = group.GetDisplayableManagerByClassName(MANAGER) if group is not None else None
    shown = [one for one in _segmentations(node.GetScene()) if _is_shown(one, node)] if manager else []
    if not shown:
        return []
    told: list[Part] = []
    for segmentation in shown:
        segments = _segments(manager, segmentation, position)
        if segments:
            told += [Part("; "), Part(segmentation.GetName() or "", Kind.NODE), *segments]
    return [Part("S: "), *(told[1:] or [Part(_("(no segment)"))])]


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


def _segments(manager: Any, segmentation: Any, position: list[float]) -> list[Part]:
    ids = vtk.vtkStringArray()
    manager.GetVisibleSegmentsForPosition(position, segmentation.GetDisplayNode(), ids)
    told = []
    for number in range(ids.GetNumberOfValues()):
        segment = segmentation.GetSegmentation().GetSegment(ids.GetValue(number))
        colour = "".join(f"{round(255 * part):02x}" for part in segment.GetColor())
        told += [Part(" "), Part(DOT, colour=f"#{colour}"), Part(segment.GetName() or "", Kind.SEGMENT)]
    return told


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
