"""The node class of Slicer's extension MultiVolumeImporter, for plugins that keep the facts of frames in it.

The scene of slicer-core does not know it; `install` lets a scene make one where a script asks for it.
"""

from __future__ import annotations

from typing import Any

import slicer
import vtk

from DICOMModule.Host.dialect.missing_names import tell_of_class

_CLASS = "vtkMRMLMultiVolumeNode"
_DISPLAY_CLASS = "vtkMRMLMultiVolumeDisplayNode"


class vtkMRMLMultiVolumeNode(slicer.vtkMRMLScalarVolumeNode):
    """A volume of several frames, and a label for each, such as its time."""

    def __init__(self) -> None:
        self._frames = 0
        self._label_name = ""
        self._labels = vtk.vtkDoubleArray()

    def SetNumberOfFrames(self, frames: int) -> None:
        """How many frames there are."""
        self._frames = int(frames)
        self.Modified()

    def GetNumberOfFrames(self) -> int:
        """How many frames there are."""
        return self._frames

    def SetLabelName(self, name: str) -> None:
        """What the labels tell."""
        self._label_name = str(name)
        self.Modified()

    def GetLabelName(self) -> str:
        """What the labels tell."""
        return self._label_name

    def SetLabelArray(self, labels: Any) -> None:
        """The label of each frame, as vtkDoubleArray."""
        self._labels.DeepCopy(labels)
        self.Modified()

    def GetLabelArray(self) -> Any:
        """The label of each frame, as vtkDoubleArray."""
        return self._labels


def install(scene: Any) -> None:
    """Let the methods of a scene that make nodes by the name of their class know this one.

    For a class that nobody knows they return None, as before, and say what there is instead.
    """
    create, add_new = scene.CreateNodeByClass, scene.AddNewNodeByClass

    def create_node(class_name: str) -> Any:
        if class_name == _DISPLAY_CLASS:
            raise _no_display()
        if class_name != _CLASS:
            return create(class_name) if _is_known(scene, class_name) else tell_of_class(class_name)
        node = vtkMRMLMultiVolumeNode()
        node.Register(None)  # as of C++: the caller has a reference of its own, which he gives up
        return node

    def add_new_node(class_name: str, name: str = "") -> Any:
        if class_name == _DISPLAY_CLASS:
            raise _no_display()
        if class_name != _CLASS:
            known = _is_known(scene, class_name)
            return add_new(class_name, name) if known else tell_of_class(class_name)
        node = vtkMRMLMultiVolumeNode()
        node.SetName(name or scene.GenerateUniqueName("MultiVolume"))
        return scene.AddNode(node)

    scene.CreateNodeByClass, scene.AddNewNodeByClass = create_node, add_new_node


def uninstall(scene: Any) -> None:
    """Undo `install`."""
    del scene.CreateNodeByClass, scene.AddNewNodeByClass


def _is_known(scene: Any, class_name: Any) -> bool:
    """Whether the scene can make such nodes; what is no text is left to the scene, which complains of it."""
    return not isinstance(class_name, str) or bool(scene.IsNodeClassRegistered(class_name))


def _no_display() -> NotImplementedError:
    return NotImplementedError(
        f"{_DISPLAY_CLASS} is not available in this host: multi-volumes are not shown. "
        "Load the frames as a sequence (vtkMRMLSequenceNode), which the sequence bar plays."
    )
