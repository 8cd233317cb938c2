"""Loading and saving of nodes: what `slicer.util` expects of Slicer's IO manager, over the module logics."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import slicer
import vtk

from DICOMLib.core.events import Emitter, Signal
from DICOMModule.Host.file_kinds import ending_of, formats, kind_of_file, kind_of_node, storage_class
from DICOMModule.Host.file_readers import FileReaders, Reader

if TYPE_CHECKING:
    from DICOMModule.Host.scene import World

log = logging.getLogger(__name__)


class IOManager(Emitter):
    """Loads files to nodes and saves nodes to files."""

    SIGNALS = ("newFileLoaded", "fileSaved")
    newFileLoaded: Signal
    fileSaved: Signal

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._readers: dict[str, Reader] = FileReaders(world).by_kind()
        self.defaultSceneFileType = "MRML Scene (.mrml)"

    def fileType(self, path: str) -> str:
        """Kind of a file by its name, "NoFile" for an unknown one."""
        return kind_of_file(str(path))

    def fileWriterFileType(self, node: Any, *_more: Any) -> str:
        """Kind of file as which a node is saved, "NoFile" for one that cannot be."""
        return kind_of_node(node)

    def fileWriterExtensions(self, node: Any) -> list[str]:
        """Ends of names with which a node can be saved, such as "NRRD (.nrrd)"."""
        return formats(node)

    def registeredFileReaderCount(self, file_type: str) -> int:
        """Number of readers of a kind of file: none or one."""
        return int(file_type in self._readers)

    def registerReader(self, file_type: str, load: Callable[[Mapping[str, Any]], Any]) -> None:
        """Let `load(properties)` read files of a kind, as the file readers of scripted modules do."""
        self._readers[file_type] = load

    # Loading

    def loadNodes(
        self, file_type: str, properties: Mapping[str, Any], nodes: Any = None, messages: Any = None
    ) -> bool:
        """Load the file `properties["fileName"]`.

        Parameters
        ----------
        file_type
            Kind of file, as `fileType` tells it.
        properties
            Options of the reader: name, labelmap, singleFile, show, ...
        nodes, messages
            vtkCollection for the nodes, vtkMRMLMessageCollection for what went wrong.
        """
        reader = self._readers.get(file_type)
        path = properties.get("fileName", "")
        if reader is None:
            return _failed(messages, f"There is no reader for files of the kind {file_type}.")
        if not Path(path).exists():
            return _failed(messages, "The file to load does not exist.")
        result = reader(properties)
        self._world.tell_reports()
        loaded = [node for node in (result if isinstance(result, list) else [result]) if node is not None]
        for node in loaded:
            if nodes is not None and hasattr(node, "GetClassName"):
                nodes.AddItem(node)
        if loaded:
            ids = [node.GetID() for node in loaded if hasattr(node, "GetID")]
            self.newFileLoaded({"fileName": path, "fileType": file_type, "nodeIDs": ids})
        return bool(loaded)

    def emitNewFileLoaded(self, properties: Mapping[str, Any]) -> None:
        """Tell that something else loaded nodes: {"nodeIDs": [...]}."""
        self.newFileLoaded(dict(properties))

    def loadScene(self, path: str, clear: bool = True, messages: Any = None) -> bool:
        """Load a scene, in place of the present one unless `clear` is False."""
        return self.loadNodes("SceneFile", {"fileName": path, "clear": clear}, None, messages)

    # Saving

    def saveNodes(self, file_type: str, properties: Mapping[str, Any], messages: Any = None) -> bool:
        """Save the node `properties["nodeID"]` as the file `properties["fileName"]`."""
        if file_type == "SceneFile":
            return self.saveScene(properties["fileName"], properties.get("screenShot"), messages)
        node = self._world.scene.GetNodeByID(properties.get("nodeID", ""))
        if node is None:
            return _failed(messages, "There is no node to save.")
        path = str(properties["fileName"])
        storage = node.GetStorageNode()
        if storage is None or storage.GetSupportedFileExtension(path, False, True) == "":
            storage = self._new_storage(node, path)
        if storage is None:
            return _failed(messages, f"A {node.GetClassName()} cannot be saved.")
        storage.SetFileName(path)
        if "useCompression" in properties:
            storage.SetUseCompression(int(bool(properties["useCompression"])))
        if not _written(storage, node, Path(path)):
            return _failed(messages, f"The {node.GetClassName()} could not be written.")
        self.fileSaved(dict(properties))
        return True

    def _new_storage(self, node: Any, path: str) -> Any:
        class_name = storage_class(node, path)
        if not class_name:
            return None
        storage = self._world.scene.AddNewNodeByClass(class_name)
        node.SetAndObserveStorageNodeID(storage.GetID())
        return storage

    def saveScene(self, path: str, screenshot: Any = None, messages: Any = None) -> bool:
        """Save the scene as .mrb (with its data), as .mrml (without), or into a folder (with its data)."""
        scene = self._world.scene
        ending = str(path).lower()
        if ending.endswith(".mrb"):
            return bool(scene.WriteToMRB(path, screenshot, messages))
        if ending.endswith(".mrml"):
            scene.SetURL(path)
            return bool(scene.Commit(path, messages))
        Path(path).mkdir(parents=True, exist_ok=True)
        return bool(scene.SaveSceneToSlicerDataBundleDirectory(str(path), screenshot, messages))

    def exportNodes(
        self,
        node_ids: Sequence[str],
        file_names: Sequence[str],
        properties: Mapping[str, Any],
        harden_transform: bool = False,
        messages: Any = None,
    ) -> bool:
        """Save nodes elsewhere, without a change to the nodes of the scene or how they are stored."""
        return all(
            self._export(node_id, name, properties, harden_transform)
            for node_id, name in zip(node_ids, file_names, strict=True)
        )

    def _export(self, node_id: str, path: str, properties: Mapping[str, Any], harden_transform: bool) -> bool:
        node = self._world.scene.GetNodeByID(node_id)
        if node is None:
            return False
        copy = self._world.scene.CreateNodeByClass(node.GetClassName())
        copy.UnRegister(None)
        scene = slicer.vtkMRMLScene()
        copy.CopyContent(node)
        copy.SetName(node.GetName())
        scene.AddNode(copy)
        if harden_transform and node.GetParentTransformNode() is not None:
            _apply_transform(copy, node.GetParentTransformNode())
        storage = scene.AddNewNodeByClass(storage_class(node, path))
        storage.SetFileName(path)
        storage.SetUseCompression(int(bool(properties.get("useCompression", True))))
        return bool(storage.WriteData(copy))

    def addDefaultStorageNodes(self) -> None:
        """Give each node that can be saved its storage node."""
        scene = self._world.scene
        for index in range(scene.GetNumberOfNodesByClass("vtkMRMLStorableNode")):
            scene.GetNthNodeByClass(index, "vtkMRMLStorableNode").AddDefaultStorageNode()

    # Questions to the user

    def openDialog(
        self, file_type: str, action: int = 0, properties: Mapping[str, Any] | None = None
    ) -> bool:
        """Ask for files of a kind and load them (action 0), or for a file and save (action 1)."""
        from DICOMModule.Host.window import file_dialogs

        if action == slicer.qSlicerFileDialog.Write:
            return file_dialogs.save_scene(self)
        return file_dialogs.load_files(self, file_type, properties or {})

    def openAddDataDialog(self) -> bool:
        """Ask for files of any kind and load them."""
        return self.openDialog("")

    openAddSceneDialog = openAddDataDialog

    def openSaveDataDialog(self) -> bool:
        """Ask for a file and save the scene with its data in it."""
        return self.openDialog("SceneFile", slicer.qSlicerFileDialog.Write)

    def openAddVolumeDialog(self) -> bool:
        """Ask for volumes and load them."""
        return self.openDialog("VolumeFile")

    openAddVolumesDialog = openAddVolumeDialog

    def openAddModelDialog(self) -> bool:
        """Ask for models and load them."""
        return self.openDialog("ModelFile")

    def openAddTransformDialog(self) -> bool:
        """Ask for transforms and load them."""
        return self.openDialog("TransformFile")

    def openAddMarkupsDialog(self) -> bool:
        """Ask for markups and load them."""
        return self.openDialog("MarkupsFile")

    openAddFiducialDialog = openAddMarkupsDialog

    def openAddColorTableDialog(self) -> bool:
        """Ask for colour tables and load them."""
        return self.openDialog("ColorTableFile")

    # Names of files

    def forceFileNameMaxLength(self, name: str, extension_length: int = 0, maximum: int = 255) -> str:
        """The name cut so that the file system takes it."""
        return name[: max(1, maximum - extension_length)]

    @staticmethod
    def forceFileNameValidCharacters(name: str) -> str:
        """The name without characters that some file system does not take."""
        return re.sub(r"[^A-Za-z0-9_.\-()$!~#'%^{} ]", "_", name).strip()

    def extractKnownExtension(self, path: str, node: Any = None) -> str:
        """The end of a name by which its kind is known, such as ".nii.gz"."""
        return ending_of(path) or Path(path).suffix


def _apply_transform(node: Any, parent: Any) -> None:
    """Move the data of a node to where its parent transform puts it."""
    if parent.IsTransformToWorldLinear():
        matrix = vtk.vtkMatrix4x4()
        parent.GetMatrixTransformToWorld(matrix)
        node.ApplyTransformMatrix(matrix)
    else:
        transform = vtk.vtkGeneralTransform()
        parent.GetTransformToWorld(transform)
        node.ApplyTransform(transform)


def _written(storage: Any, node: Any, path: Path) -> bool:
    """Write the node's file; one that was there comes back if none is written, so that nothing is lost."""
    if not path.is_file():
        return bool(storage.WriteData(node))
    earlier = Path(tempfile.mkdtemp(prefix=".earlier-", dir=path.parent)) / path.name
    path.replace(earlier)
    done = False
    try:
        done = bool(storage.WriteData(node))
    finally:
        if not done or not path.exists():
            earlier.replace(path)
        shutil.rmtree(earlier.parent)
    return done


def _failed(messages: Any, reason: str) -> bool:
    """Tell why, where the caller looks for it; always False."""
    log.error("%s", reason)
    if messages is not None:
        messages.AddMessage(vtk.vtkCommand.ErrorEvent, reason)
    return False
