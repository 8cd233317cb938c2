"""The work of Slicer's command line module ResampleScalarVolume: a volume with other spacings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import slicer
import vtk

from DICOMLib.core.errors import UnusableData

# Windows of the sinc interpolation by the names of the module.
_WINDOWS = {"hamming": "Hamming", "cosine": "Cosine", "lanczos": "Lanczos", "blackman": "Blackman"}
_CUBIC = 3  # degree of the B-splines


def resample_scalar_volume(parameters: Mapping[str, Any]) -> None:
    """Fill the output volume; the names of the parameters are those of the module.

    The voxels keep their directions and their type, and the first one its position.

    Parameters
    ----------
    parameters
        `InputVolume` and `OutputVolume` (nodes or IDs), `outputPixelSpacing` in mm along columns, rows and
        slices (text or numbers; 0 keeps a spacing), `interpolationType`: linear, nearestNeighbor, bspline,
        hamming, cosine, welch, lanczos or blackman.

    Raises
    ------
    UnusableData
        If a parameter is missing or not valid.
    """
    source, target = (_node(parameters, name) for name in ("InputVolume", "OutputVolume"))
    if source.GetImageData() is None:
        raise UnusableData("The input volume has no voxels.")
    spacing = np.array(source.GetSpacing())
    wanted = _spacing(parameters.get("outputPixelSpacing", "0,0,0"), spacing)
    reslice = vtk.vtkImageReslice()
    reslice.SetInputData(_plain(source.GetImageData()))
    _choose_interpolation(reslice, str(parameters.get("interpolationType") or "linear"))
    dimensions = np.array(source.GetImageData().GetDimensions())
    shape = np.maximum(np.floor(dimensions * spacing / wanted + 0.5).astype(int), 1)
    reslice.SetOutputExtent(*np.stack([np.zeros(3, int), shape - 1], axis=1).ravel().tolist())
    reslice.SetOutputSpacing(*(wanted / spacing))
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.BorderOn()
    reslice.Update()
    _fill(source, target, reslice.GetOutput(), wanted)


def _node(parameters: Mapping[str, Any], name: str) -> Any:
    """A volume node, given as such or by its ID."""
    value = parameters.get(name)
    node = slicer.mrmlScene.GetNodeByID(value) if isinstance(value, str) else value
    if node is None or not node.IsA("vtkMRMLScalarVolumeNode"):
        raise UnusableData(f"The parameter {name} is no volume.")
    return node


def _spacing(given: Any, present: np.ndarray) -> np.ndarray:
    """The wanted spacings in mm; those of 0 are the present ones."""
    try:
        values = np.array([float(part) for part in (given.split(",") if isinstance(given, str) else given)])
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (3,) or (values < 0).any():
        raise UnusableData("The parameter outputPixelSpacing must be three spacings in mm, such as 1,1,2.")
    return np.where(values > 0, values, present)


def _plain(image: Any) -> Any:
    """The voxels with spacing 1 and origin 0, as MRML keeps them; some filters leave others."""
    plain = vtk.vtkImageData()
    plain.ShallowCopy(image)
    plain.SetSpacing(1, 1, 1)
    plain.SetOrigin(0, 0, 0)
    return plain


def _choose_interpolation(reslice: Any, name: str) -> None:
    if name == "linear":
        reslice.SetInterpolationModeToLinear()
    elif name == "nearestNeighbor":
        reslice.SetInterpolationModeToNearestNeighbor()
    elif name == "bspline":
        coefficients = vtk.vtkImageBSplineCoefficients()
        coefficients.SetInputData(reslice.GetInput())
        coefficients.SetSplineDegree(_CUBIC)
        coefficients.Update()
        reslice.SetInputData(coefficients.GetOutput())
        interpolator = vtk.vtkImageBSplineInterpolator()
        interpolator.SetSplineDegree(_CUBIC)
        reslice.SetInterpolator(interpolator)
    elif name in (*_WINDOWS, "welch"):
        interpolator = vtk.vtkImageSincInterpolator()
        # Welch's window is not among those of VTK; Lanczos' comes nearest
        getattr(interpolator, f"SetWindowFunctionTo{_WINDOWS.get(name, 'Lanczos')}")()
        reslice.SetInterpolator(interpolator)
    else:
        known = ", ".join(("linear", "nearestNeighbor", "bspline", *_WINDOWS, "welch"))
        raise UnusableData(f"The parameter interpolationType must be one of {known}.")


def _fill(source: Any, target: Any, image: Any, spacing: np.ndarray) -> None:
    """Give the target the voxels in the type of the source, and its geometry."""
    scalar_type = source.GetImageData().GetScalarType()
    cast = vtk.vtkImageCast()
    cast.SetInputData(_rounded(image, scalar_type))
    cast.SetOutputScalarType(scalar_type)
    cast.ClampOverflowOn()
    cast.Update()
    directions = vtk.vtkMatrix4x4()
    source.GetIJKToRASDirectionMatrix(directions)
    target.SetIJKToRASDirectionMatrix(directions)
    target.SetOrigin(source.GetOrigin())
    target.SetSpacing(*spacing)
    target.SetAndObserveImageData(_plain(cast.GetOutput()))
    target.SetAndObserveTransformNodeID(source.GetTransformNodeID())
    if target.GetDisplayNode() is None:
        target.CreateDefaultDisplayNodes()


def _rounded(image: Any, scalar_type: int) -> Any:
    """Voxels of B-splines are real numbers: those of whole-numbered types are rounded, not cut."""
    if image.GetScalarType() == scalar_type or scalar_type in (vtk.VTK_FLOAT, vtk.VTK_DOUBLE):
        return image
    from vtk.util.numpy_support import vtk_to_numpy

    values = vtk_to_numpy(image.GetPointData().GetScalars())
    np.rint(values, out=values)
    return image
