"""The ITK readers of slicer-core, as Slicer uses them: for what our own reader refuses, and to check it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import slicer
import vtk

from DICOMLib.core.errors import UnusableData
from DICOMLib.core.quiet import quiet_stderr
from DICOMLib.mrml.images.image_header import read_image_header
from DICOMLib.mrml.volumes.volume import Volume
from DICOMLib.standard.geometry import MissingGeometry, parse_vector

log = logging.getLogger(__name__)

NO_ERROR = vtk.vtkErrorCode.NoError


class ReaderFailed(UnusableData):
    """An ITK reader could not read the files."""


class ItkReading(NamedTuple):
    """What a reader of ITK read.

    Parameters
    ----------
    volume
        The voxels and their place.
    reader
        The VTK reader, which holds the meta data dictionary.
    change_information
        The VTK filter behind it, which takes the place away: volume nodes have it in their matrix.
    """

    volume: Volume
    reader: Any
    change_information: vtk.vtkImageChangeInformation


def read_with_itk(paths: Sequence[str], approach: str, *, grayscale: bool = True) -> ItkReading:
    """Read sorted files with GDCM or DCMTK.

    Parameters
    ----------
    paths
        Files in the order of the slices; the readers do not sort.
    approach
        "GDCM" or "DCMTK".
    grayscale
        False for colour images.

    Raises
    ------
    ReaderFailed
        If the reader reports an error.
    """
    reader = _reader(len(paths), grayscale)
    reader.SetArchetype(paths[0])
    for path in paths:
        reader.AddFileName(path)
    reader.SetSingleFile(0)
    reader.SetOutputScalarTypeToNative()
    reader.SetDesiredCoordinateOrientationToNative()
    reader.SetUseNativeOriginOn()
    if approach == "GDCM":
        reader.SetDICOMImageIOApproachToGDCM()
    else:
        reader.SetDICOMImageIOApproachToDCMTK()
    _update(reader)
    code = reader.GetErrorCode()
    if code != NO_ERROR:
        text = vtk.vtkErrorCode.GetStringFromErrorCode(code)
        raise ReaderFailed(f"The {approach} reader cannot read the files: {text}.")
    change = vtk.vtkImageChangeInformation()
    change.SetInputConnection(reader.GetOutputPort())
    change.SetOutputSpacing(1, 1, 1)
    change.SetOutputOrigin(0, 0, 0)
    change.Update()
    image = vtk.vtkImageData()
    image.ShallowCopy(change.GetOutput())
    matrix = _inverse(reader.GetRasToIjkMatrix())
    if approach == "DCMTK":
        matrix = _with_spacing_of_header(matrix, paths[0])
    return ItkReading(Volume(image, matrix), reader, change)


def check_spacing(path: str) -> None:
    """Raise MissingGeometry if the Pixel Spacing of a file is there but not usable.

    GDCM would silently take 1 mm for a spacing of zero.
    """
    header = read_image_header(path)
    if header.pixel_spacing and not (parse_vector(header.pixel_spacing, 2) > 0).all():
        raise MissingGeometry("The pixel spacing is zero or negative.")


def _with_spacing_of_header(matrix: np.ndarray, path: str) -> np.ndarray:
    """Put the spacings of rows and columns right, which ITK's DCMTK reader (5.4) exchanges."""
    header = read_image_header(path)
    if not header.pixel_spacing:
        return matrix
    between_rows, between_columns = parse_vector(header.pixel_spacing, 2)
    lengths = np.linalg.norm(matrix[:3, :2], axis=0)
    if np.allclose(lengths, (between_rows, between_columns)):
        matrix[:3, :2] *= np.array((between_columns, between_rows)) / lengths
    return matrix


def _update(reader: Any) -> None:
    """Read; what goes wrong is told by the error code, so that VTK need not tell it on the terminal."""

    def tell(_caller: Any, event: str) -> None:
        log.debug("%s of the reader", event)

    for subject in (reader, reader.GetExecutive()):
        subject.AddObserver("ErrorEvent", tell)
    with quiet_stderr():  # the codecs below ITK print one line for each thing that they do not expect
        reader.Update()


def _reader(count: int, grayscale: bool) -> Any:
    if grayscale:
        return slicer.vtkITKArchetypeImageSeriesScalarReader()
    if count > 1:
        return slicer.vtkITKArchetypeImageSeriesVectorReaderSeries()
    return slicer.vtkITKArchetypeImageSeriesVectorReaderFile()


def _inverse(matrix: vtk.vtkMatrix4x4) -> np.ndarray:
    values = [[matrix.GetElement(row, column) for column in range(4)] for row in range(4)]
    return np.linalg.inv(np.array(values))
