"""Scenes that Slicer hides in secondary capture images: a zip archive in private elements."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import slicer

from DICOMLib.core.errors import InvalidDICOM

# Private group of Slicer: "3D Slicer SIZE" as creator, size, archive.
CREATOR_TAG = "cadb,0010"
ZIP_BEGINS = b"PK"
# The node whose series the bundle is, by class; models that show the slices are none.
MAIN_NODES = ("vtkMRMLScalarVolumeNode", "vtkMRMLModelNode", "vtkMRMLMarkupsNode")
SLICE_MODELS = tuple(f"{colour} Volume Slice" for colour in ("Red", "Yellow", "Green"))


def archive_of(path: str, creator: str) -> bytes:
    """The zip archive at the end of a file.

    Parameters
    ----------
    path
        The file.
    creator
        Value of the private creator, whose third word is the size in bytes.

    Raises
    ------
    InvalidDICOM
        If there is no archive of that size.
    """
    words = creator.split()
    if len(words) < 3 or not words[2].isdigit():
        raise InvalidDICOM(path, "the size of the scene is not known")
    size = int(words[2])
    with Path(path).open("rb") as file:
        length = file.seek(0, 2)
        file.seek(max(0, length - size - size % 2))
        archive = file.read(size)
    if len(archive) < size or not archive.startswith(ZIP_BEGINS):
        raise InvalidDICOM(path, "there is no scene in the file, or it is truncated")
    return archive


def open_archive(archive: bytes) -> bool:
    """Add the scene of a zip archive to the current one; False if there is none in it.

    What is in the current one stays, and so does the folder that it is saved to. Nodes that come have no
    file yet: those of the archive are gone when this returns.
    """
    scene = slicer.mrmlScene
    with tempfile.TemporaryDirectory(dir=slicer.app.temporaryPath) as folder:
        file = Path(folder) / "scene.zip"
        file.write_bytes(archive)
        extracted = Path(folder) / "scene"
        extracted.mkdir()
        found = slicer.app.applicationLogic().UnpackSlicerDataBundle(str(file), str(extracted))
        if not found:
            return False
        known = node_ids(scene)
        with _read_from(scene, Path(found)):
            success = bool(scene.Import())
        _forget_files(scene, known)
        return success


@contextmanager
def _read_from(scene: Any, file: Path) -> Iterator[None]:
    """The scene as one that lies in a file; afterwards it lies where it was before."""
    place = scene.GetURL(), scene.GetRootDirectory()
    scene.SetURL(str(file))
    scene.SetRootDirectory(f"{file.parent.as_posix()}/")
    try:
        yield
    finally:
        scene.SetURL(place[0] or "")
        scene.SetRootDirectory(place[1] or "")


def _forget_files(scene: Any, known: Collection[str]) -> None:
    """Let nodes that came, whose files are in a temporary folder, count as not saved."""
    for node in _nodes(scene):
        if node.IsA("vtkMRMLStorageNode") and node.GetID() not in known:
            node.ResetFileNameList()
            node.SetFileName("")
            node.InvalidateFile()


def _nodes(scene: Any) -> list[Any]:
    """All nodes."""
    return [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]


def node_ids(scene: Any) -> set[str]:
    """IDs of all nodes."""
    return {node.GetID() for node in _nodes(scene)}


def main_node(scene: Any, known: Collection[str] = ()) -> Any:
    """The node that stands for the bundle: the last volume, else the first model, else a markups node.

    `known` are IDs of nodes that were there before; None if nothing else came that could stand for it.
    """
    added = [
        node for node in _nodes(scene) if node.GetID() not in known and node.GetName() not in SLICE_MODELS
    ]
    for class_name in MAIN_NODES:
        found = [node for node in added if node.IsA(class_name)]
        if found:
            return found[-1] if class_name == MAIN_NODES[0] else found[0]
    return None
