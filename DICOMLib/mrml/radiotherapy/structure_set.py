"""An RT Structure Set as nodes: a segmentation with contours, label maps and surfaces, and marked points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import slicer
import vtk

from DICOMLib.mrml.codes import Code
from DICOMLib.mrml.images.frame_grid import UnusableFrames
from DICOMLib.mrml.radiotherapy.contour_grid import grid_of_contours
from DICOMLib.mrml.radiotherapy.contour_masks import mask_of_contours
from DICOMLib.mrml.radiotherapy.rt_structures import Contour, Structure
from DICOMLib.mrml.segmentation.segmentation import (
    BINARY_LABELMAP,
    PLANAR_CONTOUR,
    new_segment,
    oriented_image,
    set_tags,
)
from DICOMLib.mrml.segmentation.segments import SegmentDescription
from DICOMLib.mrml.segmentation.terminology import load_contexts, terminology_entry

# RT ROI Interpreted Type of the outline of the patient (PS3.3 C.8.8.8).
EXTERNAL = "EXTERNAL"
FILL_OPACITY = 0.2
BODY_OPACITY = 0.2

TISSUE = Code("85756007", "SCT", "Tissue")


def add_structures(
    node: Any, structures: Sequence[Structure], ijk_to_ras: np.ndarray, context_name: str
) -> None:
    """Add a segment for each structure that is not of single points.

    Each has its contours as "Planar contour" representation and, filled, as binary label map, which is the
    source: that can be edited and is stored with the scene.

    Parameters
    ----------
    node
        vtkMRMLSegmentationNode.
    structures
        What was drawn.
    ijk_to_ras
        Geometry of the label maps.
    context_name
        Name of the terminology context.

    """
    drawn = [structure for structure in structures if not structure.is_points_only]
    described = [_description(structure) for structure in drawn]
    terminology, regions = load_contexts(context_name, described)
    for structure, description in zip(drawn, described, strict=True):
        segment = new_segment(description)
        entry = terminology_entry(description, terminology, regions)
        set_tags(
            segment,
            {
                slicer.vtkSegment.GetTerminologyEntryTagName(): entry,
                "DicomRtImport.RoiNumber": str(structure.number),
                "DicomRtImport.RoiInterpretedType": structure.interpreted_type,
            },
        )
        segment.AddRepresentation(BINARY_LABELMAP, _label_map(structure, ijk_to_ras))
        segment.AddRepresentation(PLANAR_CONTOUR, contour_lines(structure.contours))
        node.GetSegmentation().AddSegment(segment, f"ROI_{structure.number}")


def show_as_outlines(node: Any, structures: Sequence[Structure]) -> None:
    """Show structures as planning systems do: little fill over image and dose, a body to look through."""
    display = node.GetDisplayNode()
    display.SetOpacity2DFill(FILL_OPACITY)
    for structure in structures:
        if structure.interpreted_type == EXTERNAL:
            segment_id = f"ROI_{structure.number}"
            display.SetSegmentVisibility2DFill(segment_id, False)
            display.SetSegmentOpacity3D(segment_id, BODY_OPACITY)


def _description(structure: Structure) -> SegmentDescription:
    return SegmentDescription(
        number=structure.number,
        label=structure.name,
        colour=structure.colour,
        category=TISSUE,
        kind=structure.code if structure.code.value else TISSUE,
    )


def _label_map(structure: Structure, ijk_to_ras: np.ndarray) -> Any:
    """The filled structure, in the part of the geometry where it is.

    Contours that are not parallel to its slices get a geometry of their own.
    """
    closed = [contour.points_lps for contour in structure.contours if contour.is_closed]
    try:
        mask = mask_of_contours(closed, ijk_to_ras)
    except UnusableFrames:  # drawn across the slices of the image
        ijk_to_ras, _shape = grid_of_contours(closed)
        mask = mask_of_contours(closed, ijk_to_ras)
    if mask is None:
        return oriented_image(np.zeros((1, 1, 1), np.uint8), ijk_to_ras)
    return oriented_image(mask.voxels.view(np.uint8), ijk_to_ras, mask.first)


def contour_lines(contours: Sequence[Contour]) -> Any:
    """Contours as a vtkPolyData of lines in RAS; those that are closed end with their first point."""
    points, lines = vtk.vtkPoints(), vtk.vtkCellArray()
    for contour in contours:
        first = points.GetNumberOfPoints()
        for point in contour.points_lps * (-1, -1, 1):
            points.InsertNextPoint(point.tolist())
        count = len(contour.points_lps)
        ids = [*range(first, first + count), *([first] if contour.is_closed else [])]
        lines.InsertNextCell(len(ids), ids)
    data = vtk.vtkPolyData()
    data.SetPoints(points)
    data.SetLines(lines)
    return data


def add_marked_points(scene: Any, structures: Sequence[Structure], name: str) -> Any:
    """Add a point list with the points of those structures that are nothing else; None if there are none."""
    marked = [structure for structure in structures if structure.is_points_only]
    if not marked:
        return None
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", scene.GenerateUniqueName(name))
    node.CreateDefaultDisplayNodes()
    for structure in marked:
        for point in structure.points_lps * (-1, -1, 1):
            node.AddControlPoint(point.tolist(), structure.name)
    if marked[0].colour:
        node.GetDisplayNode().SetSelectedColor(*marked[0].colour)
    return node
