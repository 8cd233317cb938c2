"""Which kind of file a name stands for, and as which kinds a node can be saved; by Slicer's names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

VOLUME_ENDINGS = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".tif", ".png", ".jpg", ".img", ".hdr")

# Kind of file by the end of its name; the longest fitting one counts.
FILE_TYPES = {
    ".seg.nrrd": "SegmentationFile",
    ".seg.nhdr": "SegmentationFile",
    ".seg.vtm": "SegmentationFile",
    ".seq.nrrd": "SequenceFile",
    ".seq.nhdr": "SequenceFile",
    ".seq.mrb": "SequenceFile",
    **dict.fromkeys(VOLUME_ENDINGS, "VolumeFile"),
    **dict.fromkeys((".vtk", ".vtp", ".stl", ".ply", ".obj"), "ModelFile"),
    **dict.fromkeys((".mrk.json", ".fcsv"), "MarkupsFile"),
    **dict.fromkeys((".h5", ".tfm", ".mat"), "TransformFile"),
    **dict.fromkeys((".csv", ".tsv"), "TableFile"),
    **dict.fromkeys((".txt", ".json", ".xml"), "TextFile"),
    **dict.fromkeys((".mrml", ".mrb"), "SceneFile"),
    **dict.fromkeys((".ctbl", ".colors"), "ColorTableFile"),
    ".dcm": "DICOMFileImport",
}

# Kind of file as which a node is saved; classes derived from these are saved in the same way.
NODE_FILE_TYPES = {
    "vtkMRMLVolumeNode": "VolumeFile",
    "vtkMRMLSegmentationNode": "SegmentationFile",
    "vtkMRMLModelNode": "ModelFile",
    "vtkMRMLMarkupsNode": "MarkupsFile",
    "vtkMRMLTransformNode": "TransformFile",
    "vtkMRMLTableNode": "TableFile",
    "vtkMRMLTextNode": "TextFile",
    "vtkMRMLSequenceNode": "SequenceFile",
    "vtkMRMLColorTableNode": "ColorTableFile",
    "vtkMRMLScene": "SceneFile",
}

# What ITK writes; the storage node of volumes does not tell.
VOLUME_FORMATS = ("NRRD (.nrrd)", "NRRD (.nhdr)", "MetaImage (.mha)", "NIfTI (.nii.gz)", "NIfTI (.nii)")


def ending_of(path: str) -> str:
    """The end of a name by which its kind is known, as it is written there; "" for an unknown one."""
    name = Path(path).name
    fitting = [end for end in FILE_TYPES if name.lower().endswith(end)]
    return name[-len(max(fitting, key=len)) :] if fitting else ""


def kind_of_file(path: str) -> str:
    """Kind of a file by its name, "NoFile" for an unknown one."""
    ending = ending_of(path)
    return FILE_TYPES[ending.lower()] if ending else "NoFile"


def kind_of_node(node: Any) -> str:
    """Kind of file as which a node is saved, "NoFile" for one that cannot be."""
    return next(
        (kind for name, kind in NODE_FILE_TYPES.items() if node is not None and node.IsA(name)), "NoFile"
    )


def node_name(path: str) -> str:
    """Name of the node made from a file: the file name without the end that tells its kind."""
    name = Path(path).name
    ending = ending_of(path)
    return name[: -len(ending)] if ending else Path(path).stem


def storage_class(node: Any, path: str) -> str:
    """Class of the storage node that writes a node to a file of that name; "" if there is none."""
    if node.IsA("vtkMRMLTextNode"):  # a short text is stored in the scene unless a storage is asked for
        return "vtkMRMLTextStorageNode"
    if node.IsA("vtkMRMLSequenceNode"):
        in_bundle = path.lower().endswith(".mrb") or not _holds_volumes(node)
        return "vtkMRMLSequenceStorageNode" if in_bundle else "vtkMRMLVolumeSequenceStorageNode"
    if node.IsA("vtkMRMLModelNode"):
        return str(node.GetDefaultStorageNodeClassName(path) or "")
    if path.lower().endswith(".fcsv"):
        return "vtkMRMLMarkupsFiducialStorageNode"
    return str(node.GetDefaultStorageNodeClassName() or "")


def _holds_volumes(sequence: Any) -> bool:
    first = sequence.GetNthDataNode(0) if sequence.GetNumberOfDataNodes() else None
    return first is not None and bool(first.IsA("vtkMRMLVolumeNode"))


def formats(node: Any) -> list[str]:
    """Kinds of files as which a node can be saved, such as "NRRD (.nrrd)"."""
    if node.IsA("vtkMRMLVolumeNode"):
        return list(VOLUME_FORMATS)
    import slicer

    name = storage_class(node, "")
    if not name:
        return []
    types = getattr(slicer, name)().GetSupportedWriteFileTypes()
    return [types.GetValue(index) for index in range(types.GetNumberOfValues())]
