"""Surfaces that DICOM objects carry as STL or OBJ files (PS3.3 A.85)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import slicer
import vtk

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.mrml.documents.encapsulated import read_document
from DICOMLib.standard.colours import cielab_to_rgb

ENCAPSULATED_STL = "1.2.840.10008.5.1.4.1.1.104.3"
ENCAPSULATED_OBJ = "1.2.840.10008.5.1.4.1.1.104.4"
ENCAPSULATED_MTL = "1.2.840.10008.5.1.4.1.1.104.5"

Colour = tuple[float, float, float]


def read_surface(dataset: Any, path: str = "") -> Any:
    """The surface of an encapsulated STL or OBJ as a vtkPolyData in RAS.

    Coordinates of the file are those of the patient (LPS), as PS3.3 C.35.1 wants them.

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
    to_ras.Scale(-1, -1, 1)
    # two mirrors are a rotation: the sides of the polygons stay what they are
    filter_ = vtk.vtkTransformPolyDataFilter()
    filter_.SetTransform(to_ras)
    filter_.SetInputConnection(reader.GetOutputPort())
    filter_.Update()
    surface = vtk.vtkPolyData()
    surface.ShallowCopy(filter_.GetOutput())
    return surface


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
