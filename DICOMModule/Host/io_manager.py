"""Loading and saving of nodes: what `slicer.util` expects of Slicer's IO manager, over the module logics."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import slicer
import vtk

from DICOMLib.core.events import Emitter, Signal

if TYPE_CHECKING:
    from DICOMModule.Host.scene import World

log = logging.getLogger(__name__)

# Kind of file by the end of its name; the longest fitting one counts.
FILE_TYPES = {
    ".seg.nrrd": "SegmentationFile",
    ".seg.nhdr": "SegmentationFile",
    ".seg.vtm": "SegmentationFile",
    **dict.fromkeys(
        (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".tif", ".png", ".jpg"), "VolumeFile"
    ),
    **dict.fromkeys((".vtk", ".vtp", ".stl", ".ply", ".obj"), "ModelFile"),
    **dict.fromkeys((".mrk.json", ".fcsv"), "MarkupsFile"),
    **dict.fromkeys((".h5", ".tfm", ".mat"), "TransformFile"),
    **dict.fromkeys((".csv", ".tsv"), "TableFile"),
    **dict.fromkeys((".txt", ".json", ".xml"), "TextFile"),
    **dict.fromkeys((".mrml", ".mrb"), "SceneFile"),
    **dict.fromkeys((".ctbl", ".colors"), "ColorTableFile"),
    ".dcm": "DICOMFileImport",
}


NODE_FILE_TYPES = {
    "vtkMRMLScalarVolumeNode": "VolumeFile",
    "vtkMRMLVectorVolumeNode": "VolumeFile",
    "vtkMRMLLabelMapVolumeNode": "VolumeFile",
    "vtkMRMLDiffusionWeightedVolumeNode": "VolumeFile",
    "vtkMRMLSegmentationNode": "SegmentationFile",
    "vtkMRMLModelNode": "ModelFile",
    "vtkMRMLMarkupsFiducialNode": "MarkupsFile",
    "vtkMRMLMarkupsLineNode": "MarkupsFile",
    "vtkMRMLMarkupsCurveNode": "MarkupsFile",
    "vtkMRMLMarkupsROINode": "MarkupsFile",
    "vtkMRMLMarkupsPlaneNode": "MarkupsFile",
    "vtkMRMLLinearTransformNode": "TransformFile",
    "vtkMRMLGridTransformNode": "TransformFile",
    "vtkMRMLBSplineTransformNode": "TransformFile",
    "vtkMRMLTransformNode": "TransformFile",
    "vtkMRMLTableNode": "TableFile",
    "vtkMRMLTextNode": "TextFile",
    "vtkMRMLSequenceNode": "SequenceFile",
    "vtkMRMLColorTableNode": "ColorTableFile",
}


class IOManager(Emitter):
    """Loads files to nodes and saves nodes to files."""

    SIGNALS = ("newFileLoaded", "fileSaved")
    newFileLoaded: Signal
    fileSaved: Signal

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._readers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "VolumeFile": self._load_volume,
            "SegmentationFile": self._load_segmentation,
            "ModelFile": self._load_model,
            "MarkupsFile": self._load_markups,
            "TransformFile": self._load_transform,
            "TableFile": self._load_table,
            "TextFile": self._load_text,
            "SceneFile": self._load_scene,
            "ColorTableFile": self._load_colors,
        }
        self.defaultSceneFileType = "MRML Scene (.mrml)"

    def fileType(self, path: str) -> str:
        """Kind of a file by its name, "NoFile" for an unknown one."""
        name = Path(path).name.lower()
        fitting = [end for end in FILE_TYPES if name.endswith(end)]
        return FILE_TYPES[max(fitting, key=len)] if fitting else "NoFile"

    def fileWriterFileType(self, node: Any, *_more: Any) -> str:
        """Kind of file as which a node is saved, "NoFile" for one that cannot be."""
        return NODE_FILE_TYPES.get(node.GetClassName(), "NoFile") if node is not None else "NoFile"

    def fileWriterExtensions(self, node: Any) -> list[str]:
        """Ends of names with which a node can be saved, such as "NRRD (*.nrrd)"."""
        storage = node.CreateDefaultStorageNode()
        if storage is None:
            return []
        storage.UnRegister(None)
        types = storage.GetSupportedWriteFileTypes()
        return [types.GetValue(index) for index in range(types.GetNumberOfValues())]

    def registeredFileReaderCount(self, file_type: str) -> int:
        """Number of readers of a kind of file: none or one."""
        return int(file_type in self._readers)

    def registerReader(self, file_type: str, load: Callable[[Mapping[str, Any]], Any]) -> None:
        """Let `load(properties)` read files of a kind, as the file readers of scripted modules do."""
        self._readers[file_type] = load

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
            log.error("There is no reader for files of the kind %s.", file_type)
            return False
        if not Path(path).exists():
            log.error("The file to load does not exist.")
            return False
        result = reader(properties)
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
        return bool(self._load_scene({"fileName": path, "clear": clear}))

    def saveNodes(self, file_type: str, properties: Mapping[str, Any], messages: Any = None) -> bool:
        """Save the node `properties["nodeID"]` as the file `properties["fileName"]`."""
        if file_type == "SceneFile":
            return self.saveScene(properties["fileName"], properties.get("screenShot"), messages)
        scene = self._world.scene
        node = scene.GetNodeByID(properties.get("nodeID", ""))
        if node is None:
            log.error("There is no node to save.")
            return False
        path = properties["fileName"]
        storage = node.GetStorageNode()
        if storage is None or storage.GetSupportedFileExtension(path, False, True) == "":
            storage = self._new_storage(node)
        if storage is None:
            log.error("A %s cannot be saved.", node.GetClassName())
            return False
        storage.SetFileName(path)
        if "useCompression" in properties:
            storage.SetUseCompression(int(bool(properties["useCompression"])))
        if not storage.WriteData(node):
            return False
        self.fileSaved(dict(properties))
        return True

    def _new_storage(self, node: Any) -> Any:
        if node.IsA("vtkMRMLTextNode"):  # a short text is stored in the scene unless it is told otherwise
            node.SetForceCreateStorageNode(node.CreateStorageNodeAlways)
        class_name = node.GetDefaultStorageNodeClassName()
        if not class_name:
            return None
        storage = self._world.scene.AddNewNodeByClass(class_name)
        node.SetAndObserveStorageNodeID(storage.GetID())
        return storage

    def saveScene(self, path: str, screenshot: Any = None, messages: Any = None) -> bool:
        """Save the scene as .mrb (with its data) or .mrml."""
        scene = self._world.scene
        if path.lower().endswith(".mrb"):
            return bool(scene.WriteToMRB(path, screenshot, messages))
        scene.SetURL(path)
        return bool(scene.Commit(path, messages))

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
            transform = vtk.vtkGeneralTransform()
            node.GetParentTransformNode().GetTransformToWorld(transform)
            copy.ApplyTransform(transform)
        storage = scene.AddNewNodeByClass(node.GetDefaultStorageNodeClassName())
        storage.SetFileName(path)
        storage.SetUseCompression(int(bool(properties.get("useCompression", True))))
        return bool(storage.WriteData(copy))

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
        name = Path(path).name.lower()
        fitting = [end for end in FILE_TYPES if name.endswith(end)]
        return path[-len(max(fitting, key=len)) :] if fitting else Path(path).suffix

    def addDefaultStorageNodes(self) -> None:
        """Give each node that can be saved its storage node."""
        scene = self._world.scene
        for index in range(scene.GetNumberOfNodesByClass("vtkMRMLStorableNode")):
            scene.GetNthNodeByClass(index, "vtkMRMLStorableNode").AddDefaultStorageNode()

    # Readers

    def _logic(self, name: str) -> Any:
        return self._world.logics[name]

    def _load_volume(self, properties: Mapping[str, Any]) -> Any:
        path = properties["fileName"]
        name = properties.get("name") or _node_name(path)
        options = 1 * bool(properties.get("labelmap")) + 2 * bool(properties.get("center"))
        options += 4 * bool(properties.get("singleFile")) + 8 * bool(properties.get("autoWindowLevel", True))
        node = self._logic("Volumes").AddArchetypeVolume(path, name, options)
        if node is None:
            return None
        color = properties.get("colorNodeID")
        if color and node.GetDisplayNode() is not None:
            node.GetDisplayNode().SetAndObserveColorNodeID(color)
        if properties.get("show", True):
            self._show(node, label=bool(properties.get("labelmap")))
        return node

    def _show(self, node: Any, label: bool) -> None:
        logic = self._world.application_logic
        selection = logic.GetSelectionNode()
        (selection.SetActiveLabelVolumeID if label else selection.SetActiveVolumeID)(node.GetID())
        logic.PropagateVolumeSelection()

    def _load_segmentation(self, properties: Mapping[str, Any]) -> Any:
        path = properties["fileName"]
        name = properties.get("name") or _node_name(path)
        auto_opacities = bool(properties.get("autoOpacities", True))
        return self._logic("Segmentations").LoadSegmentationFromFile(path, auto_opacities, name)

    def _load_model(self, properties: Mapping[str, Any]) -> Any:
        return _named(self._logic("Models").AddModel(properties["fileName"]), properties)

    def _load_markups(self, properties: Mapping[str, Any]) -> Any:
        path = properties["fileName"]
        ids = self._logic("Markups").LoadMarkups(path, properties.get("name") or _node_name(path))
        return [self._world.scene.GetNodeByID(node_id) for node_id in (ids or "").split(",") if node_id]

    def _load_transform(self, properties: Mapping[str, Any]) -> Any:
        return _named(
            self._logic("Transforms").AddTransform(properties["fileName"], self._world.scene), properties
        )

    def _load_table(self, properties: Mapping[str, Any]) -> Any:
        path = properties["fileName"]
        return self._logic("Tables").AddTable(path, properties.get("name") or _node_name(path))

    def _load_text(self, properties: Mapping[str, Any]) -> Any:
        node = self._world.scene.AddNewNodeByClass(
            "vtkMRMLTextNode", properties.get("name") or _node_name(properties["fileName"])
        )
        node.AddDefaultStorageNode(properties["fileName"])
        storage = node.GetStorageNode()
        if storage is None or not storage.ReadData(node):
            self._world.scene.RemoveNode(node)
            return None
        return node

    def _load_scene(self, properties: Mapping[str, Any]) -> Any:
        path = properties["fileName"]
        scene = self._world.scene
        if properties.get("clear", True):
            scene.Clear(0)
        if path.lower().endswith(".mrb"):
            return (
                scene
                if self._world.application_logic.OpenSlicerDataBundle(path, slicer.app.temporaryPath)
                else None
            )
        scene.SetURL(path)
        return scene if scene.Import() else None

    def _load_colors(self, properties: Mapping[str, Any]) -> Any:
        return self._logic("Colors").LoadColorFile(properties["fileName"], _node_name(properties["fileName"]))


def _node_name(path: str) -> str:
    """Name of the node made from a file: the file name without the end that tells its kind."""
    name = Path(path).name
    fitting = [end for end in FILE_TYPES if name.lower().endswith(end)]
    return name[: -len(max(fitting, key=len))] if fitting else Path(path).stem


def _named(node: Any, properties: Mapping[str, Any]) -> Any:
    if node is not None and properties.get("name"):
        node.SetName(properties["name"])
    return node
