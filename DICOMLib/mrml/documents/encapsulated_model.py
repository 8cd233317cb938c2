"""Surfaces that DICOM objects carry as STL or OBJ files (PS3.3 A.85)."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

import slicer
import vtk

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.mrml.codes import first_code
from DICOMLib.mrml.documents.encapsulated import read_document
from DICOMLib.standard.colours import cielab_to_rgb

log = logging.getLogger(__name__)

ENCAPSULATED_STL = "1.2.840.10008.5.1.4.1.1.104.3"
ENCAPSULATED_OBJ = "1.2.840.10008.5.1.4.1.1.104.4"
ENCAPSULATED_MTL = "1.2.840.10008.5.1.4.1.1.104.5"

# Units of models (UCUM, PS3.16 CID 7063 and alike) in mm.
_MM = {"um": 0.001, "mm": 1.0, "cm": 10.0, "m": 1000.0, "[in_i]": 25.4, "[ft_i]": 304.8}
SMALLEST_MODEL_MM = 1.0

Colour = tuple[float, float, float]


def read_surface(dataset: Any, path: str = "") -> Any:
    """The surface of an encapsulated STL or OBJ as a vtkPolyData in RAS, mm.

    Coordinates of the file are those of the patient (LPS) in the unit of the object, as PS3.3 C.35.1 and
    C.35.4 want them.

    Raises
    ------
    InvalidDICOM
        If there is no document, or no surface in it.
    """
    document = read_document(dataset, path)
    is_obj = document.media_type == "model/obj" or dataset.get("SOPClassUID") == ENCAPSULATED_OBJ
    reader = vtk.vtkOBJReader() if is_obj else vtk.vtkSTLReader()
    with tempfile.TemporaryDirectory(dir=slicer.app.temporaryPath) as folder:
        file = Path(folder) / ("surface.obj" if is_obj else "surface.stl")
        file.write_bytes(document.data)
        reader.SetFileName(str(file))
        reader.Update()
    if not reader.GetOutput().GetNumberOfPolys():
        raise InvalidDICOM(path, "there is no surface in the document")
    to_ras = vtk.vtkTransform()
    size = millimetres_per_unit(dataset, reader.GetOutput().GetLength())
    to_ras.Scale(-size, -size, size)
    # two mirrors are a rotation: the sides of the polygons stay what they are
    filter_ = vtk.vtkTransformPolyDataFilter()
    filter_.SetTransform(to_ras)
    filter_.SetInputConnection(reader.GetOutputPort())
    filter_.Update()
    surface = vtk.vtkPolyData()
    surface.ShallowCopy(filter_.GetOutput())
    return surface


def millimetres_per_unit(dataset: Any, diagonal: float) -> float:
    """Size of the unit of a model (Measurement Units Code Sequence, PS3.3 C.35.4); mm if it is not told.

    Parameters
    ----------
    dataset
        Encapsulated STL or OBJ.
    diagonal
        Of the box around the model, in its unit. One that would be smaller than a mm is in mm: stl2dcm of
        DCMTK writes that every model is in micrometres unless it is told otherwise.
    """
    unit = first_code(dataset, "MeasurementUnitsCodeSequence").value
    size = _MM.get(unit, 1.0)
    is_credible = diagonal * size >= SMALLEST_MODEL_MM
    series = dataset.get("SeriesInstanceUID", "")
    if unit and unit not in _MM:
        log.warning("Series %s: the unit of the model (%s) is not known; it is taken as mm.", series, unit)
    elif size < 1 and not is_credible:
        log.warning(
            "Series %s: in the unit that is told (%s) the model would be smaller than a millimetre; it is "
            "taken as mm.",
            series,
            unit,
        )
    return size if is_credible else 1.0


def recommended_colour(dataset: Any) -> Colour | None:
    """The colour in which the object wants to be shown."""
    stored = dataset.get("RecommendedDisplayCIELabValue")
    return cielab_to_rgb(stored) if stored else None


def diffuse_colour(material: Any) -> Colour | None:
    """The first diffuse colour ("Kd") of an encapsulated MTL."""
    for line in read_document(material).data.decode("ascii", "replace").splitlines():
        words = line.split()
        if words[:1] == ["Kd"] and len(words) >= 4:
            try:
                red, green, blue = (min(max(float(word), 0.0), 1.0) for word in words[1:4])
            except ValueError:
                continue
            return red, green, blue
    return None


def referenced_instances(dataset: Any) -> list[str]:
    """SOP Instance UIDs of materials and images that the object needs, and of its sources."""
    return [
        str(item.get("ReferencedSOPInstanceUID", ""))
        for sequence in ("ReferencedInstanceSequence", "SourceInstanceSequence")
        for item in dataset.get(sequence) or ()
    ]
