"""An RT Plan as nodes: a table of beams, a point list of isocentres, and a model of each beam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import vtk

from DICOMLib.mrml.documents.tables import add_table_node
from DICOMLib.mrml.radiotherapy.beams import Beam

# How far the model of a beam reaches, as a multiple of the distance of the isocentre from the source.
MODEL_DEPTH = 1.25
MODEL_OPACITY = 0.3
COLOURS = (
    (0.9, 0.7, 0.1),
    (0.3, 0.6, 0.9),
    (0.5, 0.8, 0.4),
    (0.8, 0.4, 0.7),
    (0.9, 0.5, 0.3),
    (0.5, 0.5, 0.9),
)
SAME_PLACE_MM = 0.01

COLUMNS = (
    "Number", "Name", "Type", "Radiation", "Energy [MeV]", "Machine", "Gantry [deg]", "Collimator [deg]",
    "Couch [deg]", "SAD [mm]", "Isocenter [mm, LPS]", "X jaws [mm]", "Y jaws [mm]", "Control points",
    "Meterset",
)  # fmt: skip


def add_beam_table(scene: Any, beams: Sequence[Beam], name: str) -> Any:
    """Add a table with a row for each beam."""
    return add_table_node(scene, name, COLUMNS, [_row(beam) for beam in beams])


def _row(beam: Beam) -> tuple[str, ...]:
    isocentre = () if beam.isocentre_lps is None else beam.isocentre_lps
    return (
        str(beam.number),
        beam.name,
        beam.kind,
        beam.radiation,
        "" if beam.energy is None else f"{beam.energy:g}",
        beam.machine,
        f"{beam.gantry_degrees:g}",
        f"{beam.limiter_degrees:g}",
        f"{beam.support_degrees:g}",
        f"{beam.source_axis_distance:g}",
        ", ".join(f"{value:g}" for value in isocentre),
        ", ".join(f"{value:g}" for value in beam.jaws_x),
        ", ".join(f"{value:g}" for value in beam.jaws_y),
        str(beam.control_points),
        "" if beam.meterset is None else f"{beam.meterset:g}",
    )


def add_isocentres(scene: Any, beams: Sequence[Beam], name: str) -> Any:
    """Add a point list with each isocentre once, labelled with its beams; None if there is none."""
    places: list[tuple[Any, list[str]]] = []
    for beam in beams:
        if beam.isocentre_lps is None:
            continue
        known = next((names for place, names in places if _is_same(place, beam.isocentre_lps)), None)
        if known is None:
            places.append((beam.isocentre_lps, [beam.name]))
        else:
            known.append(beam.name)
    if not places:
        return None
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", scene.GenerateUniqueName(name))
    node.CreateDefaultDisplayNodes()
    for place, names in places:
        node.AddControlPoint((place * (-1, -1, 1)).tolist(), "Isocenter: " + ", ".join(names))
    node.SetLocked(True)
    return node


def _is_same(first: Any, second: Any) -> bool:
    return bool(abs(first - second).max() <= SAME_PLACE_MM)


def add_beam_models(scene: Any, beams: Sequence[Beam]) -> list[Any]:
    """Add a model of each beam that has an isocentre: a pyramid from the source through the field."""
    nodes = []
    for index, beam in enumerate(beams):
        if beam.isocentre_lps is None:
            continue
        node = scene.AddNewNodeByClass("vtkMRMLModelNode", scene.GenerateUniqueName(f"Beam {beam.name}"))
        node.SetAndObservePolyData(_pyramid(beam))
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetColor(*COLOURS[index % len(COLOURS)])
        display.SetOpacity(MODEL_OPACITY)
        display.SetVisibility2D(True)
        node.SetAttribute("DicomRtImport.BeamNumber", str(beam.number))
        node.SetAttribute("DicomRtImport.GantryAngle", f"{beam.gantry_degrees:g}")
        nodes.append(node)
    return nodes


def _pyramid(beam: Beam) -> Any:
    """Source and four corners in RAS, with the four sides."""
    points, polygons = vtk.vtkPoints(), vtk.vtkCellArray()
    assert beam.source_lps is not None
    for place in (beam.source_lps, *beam.corners_lps(MODEL_DEPTH)):
        points.InsertNextPoint((place * (-1, -1, 1)).tolist())
    for corner in range(4):
        polygons.InsertNextCell(3, [0, 1 + corner, 1 + (corner + 1) % 4])
    data = vtk.vtkPolyData()
    data.SetPoints(points)
    data.SetPolys(polygons)
    return data
