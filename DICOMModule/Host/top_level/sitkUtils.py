"""Slicer's module `sitkUtils`: volumes of the scene as images of SimpleITK, and back.

SimpleITK is no part of this program; `pip install SimpleITK` adds it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk

_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])  # between RAS of MRML and LPS of ITK


def _simple_itk() -> Any:
    try:
        import SimpleITK
    except ImportError as error:
        raise ImportError(
            "sitkUtils needs SimpleITK, which is not installed: pip install SimpleITK."
        ) from error
    return SimpleITK


def EnsureRegistration() -> None:
    """Nothing: no image format has to be registered for the exchange."""


def PullVolumeFromSlicer(nodeObjectOrName: Any) -> Any:
    """The volume of a node, given as node, name or ID, as a SimpleITK image in LPS.

    Raises
    ------
    ValueError
        If the node is no volume with voxels, or stands under a transform.
    ImportError
        If SimpleITK is not installed.
    """
    node = slicer.util.getNode(nodeObjectOrName) if isinstance(nodeObjectOrName, str) else nodeObjectOrName
    if not node.IsA("vtkMRMLVolumeNode") or node.GetImageData() is None:
        raise ValueError(f"{node.GetName()} is no volume with voxels.")
    if node.GetParentTransformNode() is not None:
        raise ValueError(f"{node.GetName()} stands under a transform, which an image cannot hold: harden it.")
    components = node.GetImageData().GetNumberOfScalarComponents()
    image = _simple_itk().GetImageFromArray(slicer.util.arrayFromVolume(node), isVector=components > 1)
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASDirectionMatrix(matrix)
    directions = (_LPS @ slicer.util.arrayFromVTKMatrix(matrix))[:3, :3]
    image.SetDirection(directions.ravel().tolist())
    image.SetSpacing(node.GetSpacing())
    image.SetOrigin((_LPS @ (*node.GetOrigin(), 1))[:3].tolist())
    return image


def PushVolumeToSlicer(
    sitkimage: Any,
    targetNode: Any = None,
    name: str | None = None,
    className: str = "vtkMRMLScalarVolumeNode",
) -> Any:
    """Put a SimpleITK image into a volume node.

    Parameters
    ----------
    sitkimage
        SimpleITK image of two or three dimensions; one slice is made of two.
    targetNode
        Node to fill; by default a new one.
    name, className
        Of a new node.
    """
    simple_itk = _simple_itk()
    image = simple_itk.JoinSeries(sitkimage) if sitkimage.GetDimension() == 2 else sitkimage
    if targetNode is None:
        unique = slicer.mrmlScene.GenerateUniqueName(name or "Volume")
        targetNode = slicer.mrmlScene.AddNewNodeByClass(className, unique)
    slicer.util.updateVolumeFromArray(targetNode, simple_itk.GetArrayFromImage(image))
    directions = np.eye(4)
    directions[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    directions[:3, 3] = image.GetOrigin()
    targetNode.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(_LPS @ directions))
    if targetNode.GetDisplayNode() is None:
        targetNode.CreateDefaultDisplayNodes()
    return targetNode


def PullFromSlicer(nodeObjectOrName: Any) -> Any:
    """The older name of `PullVolumeFromSlicer`."""
    return PullVolumeFromSlicer(nodeObjectOrName)


def PushToSlicer(sitkimage: Any, nodeName: str, compositeView: int = 0, overwrite: bool = False) -> Any:
    """The older way to push an image; `compositeView` is not regarded.

    Parameters
    ----------
    sitkimage
        SimpleITK image.
    nodeName
        Of the volume.
    compositeView
        Kept for scripts.
    overwrite
        Whether a volume of that name is filled instead of a new one.
    """
    found = slicer.mrmlScene.GetFirstNodeByName(nodeName) if overwrite else None
    return PushVolumeToSlicer(sitkimage, found, nodeName)
