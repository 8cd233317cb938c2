"""Readers of files, by kind: each gives the node or nodes that it made, None where it failed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import slicer
import vtk

from DICOMModule.Host.file_kinds import node_name

if TYPE_CHECKING:
    from DICOMModule.Host.scene import World

Reader = Callable[[Mapping[str, Any]], Any]


class FileReaders:
    """Readers over the logics of the modules. Each takes the properties that Slicer's readers know."""

    def __init__(self, world: World) -> None:
        self._world = world

    def by_kind(self) -> dict[str, Reader]:
        """All readers."""
        return {
            "VolumeFile": self.volume,
            "SegmentationFile": self.segmentation,
            "ModelFile": self.model,
            "MarkupsFile": self.markups,
            "TransformFile": self.transform,
            "TableFile": self.table,
            "TextFile": self.text,
            "SequenceFile": self.sequence,
            "SceneFile": self.scene,
            "ColorTableFile": self.colors,
        }

    def _logic(self, name: str) -> Any:
        return self._world.logics[name]

    def volume(self, properties: Mapping[str, Any]) -> Any:
        """A volume; `labelmap`, `center`, `singleFile`, `autoWindowLevel`, `discardOrientation`, `show`."""
        path = properties["fileName"]
        chosen = (
            properties.get("labelmap"),
            properties.get("center"),
            properties.get("singleFile"),
            properties.get("autoWindowLevel", True),
            properties.get("discardOrientation"),
        )
        options = sum(1 << bit for bit, wanted in enumerate(chosen) if wanted)
        arguments = [path, _name(properties), options]
        if properties.get("fileNames"):
            files = vtk.vtkStringArray()
            for file in properties["fileNames"]:
                files.InsertNextValue(str(file))
            arguments.append(files)
        node = self._logic("Volumes").AddArchetypeVolume(*arguments)
        if node is None:
            return None
        color = properties.get("colorNodeID")
        if color and node.GetDisplayNode() is not None:
            node.GetDisplayNode().SetAndObserveColorNodeID(color)
        if properties.get("show", True):
            self._show(node, label=bool(properties.get("labelmap")))
        return node

    def _show(self, node: Any, *, label: bool = False) -> None:
        logic = self._world.application_logic
        selection = logic.GetSelectionNode()
        (selection.SetActiveLabelVolumeID if label else selection.SetActiveVolumeID)(node.GetID())
        logic.PropagateVolumeSelection()

    def segmentation(self, properties: Mapping[str, Any]) -> Any:
        """A segmentation; `autoOpacities`."""
        auto_opacities = bool(properties.get("autoOpacities", True))
        return self._logic("Segmentations").LoadSegmentationFromFile(
            properties["fileName"], auto_opacities, _name(properties)
        )

    def model(self, properties: Mapping[str, Any]) -> Any:
        """A model."""
        return _named(self._logic("Models").AddModel(properties["fileName"]), properties)

    def markups(self, properties: Mapping[str, Any]) -> Any:
        """The markups of a file."""
        ids = self._logic("Markups").LoadMarkups(properties["fileName"], _name(properties))
        return [self._world.scene.GetNodeByID(node_id) for node_id in (ids or "").split(",") if node_id]

    def transform(self, properties: Mapping[str, Any]) -> Any:
        """A transform."""
        logic = self._logic("Transforms")
        return _named(logic.AddTransform(properties["fileName"], self._world.scene), properties)

    def table(self, properties: Mapping[str, Any]) -> Any:
        """A table."""
        return self._logic("Tables").AddTable(properties["fileName"], _name(properties))

    def text(self, properties: Mapping[str, Any]) -> Any:
        """A text."""
        node = self._world.scene.AddNewNodeByClass("vtkMRMLTextNode", _name(properties))
        node.SetForceCreateStorageNode(node.CreateStorageNodeAlways)
        return self._read(node, "vtkMRMLTextStorageNode", properties["fileName"])

    def sequence(self, properties: Mapping[str, Any]) -> Any:
        """A sequence, with a browser that plays it; `show`, `colorNodeID`."""
        path = properties["fileName"]
        bundled = path.lower().endswith(".mrb")
        storage = "vtkMRMLSequenceStorageNode" if bundled else "vtkMRMLVolumeSequenceStorageNode"
        node = self._world.scene.AddNewNodeByClass("vtkMRMLSequenceNode", _name(properties))
        if self._read(node, storage, path) is None or not node.GetNumberOfDataNodes():
            return None
        browser = self._world.scene.AddNewNodeByClass(
            "vtkMRMLSequenceBrowserNode", f"{node.GetName()} browser"
        )
        browser.SetAndObserveMasterSequenceNodeID(node.GetID())
        self._logic("Sequences").UpdateProxyNodesFromSequences(browser)
        self._show_sequence(browser, browser.GetProxyNode(node), properties)
        return node

    def _show_sequence(self, browser: Any, proxy: Any, properties: Mapping[str, Any]) -> None:
        color = properties.get("colorNodeID")
        if color and proxy is not None and proxy.GetDisplayNode() is not None:
            proxy.GetDisplayNode().SetAndObserveColorNodeID(color)
        if not properties.get("show", True):
            return
        slicer.modules.sequences.setToolBarActiveBrowserNode(browser)
        if proxy is not None and proxy.IsA("vtkMRMLVolumeNode"):
            self._show(proxy)

    def _read(self, node: Any, storage_class: str, path: str) -> Any:
        """Fill a node by a new storage node; a node that cannot be filled goes away again."""
        scene = self._world.scene
        storage = scene.AddNewNodeByClass(storage_class)
        storage.SetFileName(path)
        node.SetAndObserveStorageNodeID(storage.GetID())
        if storage.ReadData(node):
            return node
        scene.RemoveNode(storage)
        scene.RemoveNode(node)
        return None

    def scene(self, properties: Mapping[str, Any]) -> Any:
        """A scene, in place of the present one unless `clear` is False."""
        path = properties["fileName"]
        scene = self._world.scene
        if properties.get("clear", True):
            scene.Clear(0)
        if path.lower().endswith(".mrb"):
            # A folder of its own: of two bundles with a folder of one name, the files of one would be read
            # for those of the other.
            folder = tempfile.mkdtemp(prefix="bundle-", dir=slicer.app.temporaryPath)
            opened = self._world.application_logic.OpenSlicerDataBundle(path, folder)
            return scene if opened else None
        scene.SetURL(path)
        return scene if scene.Import() else None

    def colors(self, properties: Mapping[str, Any]) -> Any:
        """A colour table."""
        return self._logic("Colors").LoadColorFile(properties["fileName"], _name(properties))


def _name(properties: Mapping[str, Any]) -> str:
    return str(properties.get("name") or node_name(properties["fileName"]))


def _named(node: Any, properties: Mapping[str, Any]) -> Any:
    if node is not None and properties.get("name"):
        node.SetName(properties["name"])
    return node
