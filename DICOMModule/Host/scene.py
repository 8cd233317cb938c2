"""The MRML world without windows: one scene, its application logic and the logics of the modules."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import slicer
import vtk

from DICOMLib.core.resources import resource

# Name of the module, class of its logic; colours first, since other logics ask for them.
MODULE_LOGICS = (
    ("Colors", "vtkSlicerColorLogic"),
    ("Units", "vtkSlicerUnitsLogic"),
    ("SubjectHierarchy", "vtkSlicerSubjectHierarchyModuleLogic"),
    ("Terminologies", "vtkSlicerTerminologiesModuleLogic"),
    ("Data", "vtkSlicerDataModuleLogic"),
    ("Cameras", "vtkSlicerCamerasModuleLogic"),
    ("ViewControllers", "vtkSlicerViewControllersLogic"),
    ("Volumes", "vtkSlicerVolumesLogic"),
    ("Models", "vtkSlicerModelsLogic"),
    ("Transforms", "vtkSlicerTransformLogic"),
    ("Tables", "vtkSlicerTablesLogic"),
    ("Texts", "vtkSlicerTextsLogic"),
    ("Plots", "vtkSlicerPlotsLogic"),
    ("Markups", "vtkSlicerMarkupsLogic"),
    ("Annotations", "vtkSlicerAnnotationModuleLogic"),
    ("Segmentations", "vtkSlicerSegmentationsModuleLogic"),
    ("VolumeRendering", "vtkSlicerVolumeRenderingLogic"),
    ("CropVolume", "vtkSlicerCropVolumeLogic"),
    ("Sequences", "vtkSlicerSequencesLogic"),
    ("SceneViews", "vtkSlicerSceneViewsModuleLogic"),
    ("Reformat", "vtkSlicerReformatLogic"),
)


# Storable nodes that only say how others are shown.
NO_DATA = ("vtkMRMLColorNode", "vtkMRMLCameraNode", "vtkMRMLVolumePropertyNode")


@dataclass(slots=True)
class World:
    """A scene with all that keeps it alive.

    Parameters
    ----------
    scene
        vtkMRMLScene.
    application_logic
        vtkSlicerApplicationLogic.
    logics
        Module logics by the name of the module.
    tell_reports
        Tells what VTK has reported so far, which else comes a moment later.
    """

    scene: Any
    application_logic: Any
    logics: dict[str, Any]
    observers: list[tuple[Any, int]] = field(default_factory=list)
    tell_reports: Callable[[], object] = lambda: None

    def close(self) -> None:
        """Take the world apart in the order that leaves nothing behind."""
        for subject, tag in self.observers:
            subject.RemoveObserver(tag)
        self.observers.clear()
        self.scene.Clear(1)
        for name in reversed(list(self.logics)):
            self.application_logic.SetModuleLogic(name, None)
            if name != "Segmentations":  # it would look for a subject hierarchy in no scene, and warn
                self.logics[name].SetMRMLScene(None)
        self.logics.clear()
        self.application_logic.SetColorLogic(None)
        self.application_logic.SetMRMLScene(None)


def create_world(temporary_path: str = "") -> World:
    """Create scene and logics; needs no Qt and no display."""
    scene = slicer.vtkMRMLScene()
    logic = slicer.vtkSlicerApplicationLogic()
    home = resource("Config")
    logic.SetHomeDirectory(str(home))
    logic.SetShareDirectory("share")
    logic.SetTemporaryPath(temporary_path or tempfile.gettempdir())
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene)
    logic.SetMRMLScene(scene)
    scene.RegisterNodeClass(slicer.vtkMRMLCommandLineModuleNode())
    logics = _module_logics(scene, logic, home / "share")
    _add_crosshair(scene)
    world = World(scene, logic, logics)
    _keep_subject_hierarchy(world)
    return world


def _module_logics(scene: Any, application_logic: Any, share: Path) -> dict[str, Any]:
    logics: dict[str, Any] = {}
    for name, class_name in MODULE_LOGICS:
        logic = getattr(slicer, class_name)()
        if hasattr(logic, "SetModuleShareDirectory"):
            logic.SetModuleShareDirectory(str(share / name))
        if hasattr(logic, "SetMRMLApplicationLogic"):
            logic.SetMRMLApplicationLogic(application_logic)
        if name == "Colors":
            application_logic.SetColorLogic(logic)
        application_logic.SetModuleLogic(name, logic)
        logics[name] = logic
    for logic in logics.values():
        logic.SetMRMLScene(scene)
    return logics


def _add_crosshair(scene: Any) -> None:
    node = slicer.vtkMRMLCrosshairNode()
    node.SetCrosshairName("default")
    node.SetSingletonTag("default")
    scene.AddNode(node)


def _keep_subject_hierarchy(world: World) -> None:
    """Give each data node an item in the subject hierarchy, and take it away with the node.

    In Slicer a Qt class does this; logics and plugins count on it.
    """
    scene = world.scene

    @vtk.calldata_type(vtk.VTK_OBJECT)  # type: ignore[untyped-decorator]
    def added(_caller: Any, _event: str, node: Any) -> None:
        if scene.IsImporting() or not is_data(node):
            return
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
        if hierarchy is not None and not hierarchy.GetItemByDataNode(node):
            hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)

    @vtk.calldata_type(vtk.VTK_OBJECT)  # type: ignore[untyped-decorator]
    def removed(_caller: Any, _event: str, node: Any) -> None:
        if not is_data(node):
            return
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
        item = hierarchy.GetItemByDataNode(node) if hierarchy is not None else 0
        if item:
            hierarchy.RemoveItem(item, False, False)

    def imported(_caller: Any, _event: str) -> None:
        for index in range(scene.GetNumberOfNodes()):
            added(scene, "", scene.GetNthNode(index))

    def closed(_caller: Any, _event: str) -> None:
        """Patients, studies and folders have no node with which they would go.

        The scene forgets its hierarchy only if nobody else holds it; what is held comes back, lest items
        be removed in a hierarchy that belongs to no scene, and their nodes stay.
        """
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
        if hierarchy is None:
            return
        if hierarchy.GetScene() is None:
            scene.AddNode(hierarchy)
        hierarchy.RemoveAllItems()
        imported(scene, "")

    events: Mapping[int, Any] = {
        scene.NodeAddedEvent: added,
        scene.NodeAboutToBeRemovedEvent: removed,
        scene.EndImportEvent: imported,
        scene.EndCloseEvent: closed,
    }
    world.observers += [(scene, scene.AddObserver(event, call)) for event, call in events.items()]


def is_data(node: Any) -> bool:
    """Whether a node is something a user works on."""
    return (
        node is not None
        and not node.GetHideFromEditors()
        and node.IsA("vtkMRMLStorableNode")
        and not any(node.IsA(name) for name in NO_DATA)
    )
