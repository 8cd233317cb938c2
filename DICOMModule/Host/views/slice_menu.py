"""The menu of a slice view: its volumes, and what is drawn over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QActionGroup, QHBoxLayout, QLabel, QSlider, QWidget, QWidgetAction

from DICOMLib.widgets.translation import _
from DICOMModule.Host.views.view_menu import ViewMenu

DEFAULT_OPACITY = 0.5


class SliceMenu(ViewMenu):
    """Volumes, overlays and orientation of one slice view.

    Parameters
    ----------
    controller
        The SliceController of the view.
    """

    def __init__(self, controller: Any) -> None:
        super().__init__(controller)
        self._controller: Any = controller

    def fill(self) -> None:
        """Volumes first: they are what most people look for here."""
        if self._controller.mrmlSliceNode() is None:
            return
        self._add_layer(_("Background"), "Background")
        self._add_layer(_("Foreground"), "Foreground")
        self._add_layer(_("Label map"), "Label")
        self.addAction(self._opacity_action())
        self._add_presets()
        self.addSeparator()
        self._add_overlays(self._controller.mrmlSliceNode())
        self.addSeparator()
        for name in ("Axial", "Sagittal", "Coronal"):
            self.addAction(_(name), lambda name=name: self._controller.setSliceOrientation(name))
        self.addAction(_("Turn to the volume's own plane"), self._to_volume_plane)
        self.addAction(_("Fit into the window"), self._controller.fitSliceToBackground)

    # Volumes

    def _composite(self) -> Any:
        return self._controller.mrmlSliceCompositeNode()

    def _volumes(self, layer: str) -> list[Any]:
        kind = "vtkMRMLLabelMapVolumeNode" if layer == "Label" else "vtkMRMLVolumeNode"
        nodes = self._controller.mrmlSliceNode().GetScene().GetNodesByClass(kind)
        nodes.UnRegister(None)
        return [nodes.GetItemAsObject(index) for index in range(nodes.GetNumberOfItems())]

    def _add_layer(self, title: str, layer: str) -> None:
        menu = self.addMenu(title)
        group = QActionGroup(menu)
        current = getattr(self._composite(), f"Get{layer}VolumeID")()
        volumes = [(node.GetName(), node.GetID()) for node in self._volumes(layer)]
        for name, node_id in [(_("None"), None), *volumes]:
            action = menu.addAction(name.replace("&", "&&"), self._layer_setter(layer, node_id))
            action.setCheckable(True)
            action.setChecked(current == node_id)
            group.addAction(action)

    def _layer_setter(self, layer: str, node_id: str | None) -> Callable[[], None]:
        def set_layer() -> None:
            logic, composite = self._controller.sliceLogic(), self._composite()
            logic.StartSliceCompositeNodeInteraction(getattr(composite, f"{layer}VolumeFlag"))
            getattr(composite, f"Set{layer}VolumeID")(node_id)
            if layer == "Foreground" and node_id and not composite.GetForegroundOpacity():
                composite.SetForegroundOpacity(DEFAULT_OPACITY)
            logic.EndSliceCompositeNodeInteraction()

        return set_layer

    def _opacity_action(self) -> QWidgetAction:
        row = QWidget(self)
        line = QHBoxLayout(row)
        line.setContentsMargins(26, 4, 12, 4)
        slider = QSlider(Qt.Horizontal)
        slider.setRange(0, 100)
        slider.setMinimumWidth(110)
        slider.setValue(round(self._composite().GetForegroundOpacity() * 100))
        slider.setEnabled(bool(self._composite().GetForegroundVolumeID()))
        slider.valueChanged.connect(self._set_opacity)
        label = QLabel(_("Foreground opacity"))
        label.setBuddy(slider)
        line.addWidget(label)
        line.addWidget(slider, 1)
        action = QWidgetAction(self)
        action.setDefaultWidget(row)
        return action

    def _set_opacity(self, percent: int) -> None:
        logic, composite = self._controller.sliceLogic(), self._composite()
        logic.StartSliceCompositeNodeInteraction(composite.ForegroundOpacityFlag)
        composite.SetForegroundOpacity(percent / 100)
        logic.EndSliceCompositeNodeInteraction()

    # Window and level

    def _add_presets(self) -> None:
        """Presets of window, level and colours for the background volume."""
        display = self._display()
        menu = self.addMenu(_("Window and level"))
        menu.setEnabled(display is not None and hasattr(display, "SetAutoWindowLevel"))
        if not menu.isEnabled():
            return
        group = QActionGroup(menu)
        automatic = menu.addAction(_("Automatic"), lambda: display.SetAutoWindowLevel(True))
        automatic.setCheckable(True)
        automatic.setChecked(bool(display.GetAutoWindowLevel()))
        group.addAction(automatic)
        logic = self._controller.applicationLogic().GetModuleLogic("Volumes")
        applied = logic.GetAppliedVolumeDisplayPresetId(display) if logic is not None else ""
        for identifier in logic.GetVolumeDisplayPresetIDs() if logic is not None else ():
            action = menu.addAction(identifier.replace("_", " "), self._preset_setter(logic, identifier))
            action.setCheckable(True)
            action.setChecked(not display.GetAutoWindowLevel() and identifier == applied)
            group.addAction(action)

    def _preset_setter(self, logic: Any, identifier: str) -> Callable[[], None]:
        return lambda: logic.ApplyVolumeDisplayPreset(self._display(), identifier)

    # What is drawn over the slice

    def _add_overlays(self, node: Any) -> None:
        self.add_markers(node)
        self.add_check(_("Label map as outline"), node.GetUseLabelOutline(), node.SetUseLabelOutline)
        self.add_check(_("Interpolate pixels"), self._interpolated(), self._set_interpolated)
        self.add_check(_("Show slice in 3D"), node.GetSliceVisible(), self._controller.setSliceVisible)
        self.add_check(_("Link slice views"), self._controller.isLinked(), self._controller.setSliceLink)

    def _background(self) -> Any:
        scene = self._controller.mrmlSliceNode().GetScene()
        return scene.GetNodeByID(self._composite().GetBackgroundVolumeID() or "")

    def _display(self) -> Any:
        volume = self._background()
        display = volume.GetDisplayNode() if volume is not None else None
        return display if hasattr(display, "SetInterpolate") else None

    def _interpolated(self) -> bool:
        display = self._display()
        return display is not None and bool(display.GetInterpolate())

    def _set_interpolated(self, interpolated: bool) -> None:
        display = self._display()
        if display is not None:
            display.SetInterpolate(int(interpolated))

    def _to_volume_plane(self) -> None:
        volume = self._background()
        if volume is not None:
            self._controller.mrmlSliceNode().RotateToVolumePlane(volume)
            self._controller.fitSliceToBackground()
