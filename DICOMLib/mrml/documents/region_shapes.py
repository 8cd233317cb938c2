"""What was drawn on images or in the patient, as markups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from DICOMLib.core.errors import InvalidDICOM, UnusableData
from DICOMLib.mrml.images.frames import placed_frames
from DICOMLib.mrml.images.image_header import read_image_header
from DICOMLib.mrml.volumes.volume import vtk_matrix

CURVE_POINTS = 32
BOX_THICKNESS_MM = 1.0
# Class of the node by graphic type, for those that are not made of straight lines.
CLASSES = {
    "POINT": "vtkMRMLMarkupsFiducialNode",
    "MULTIPOINT": "vtkMRMLMarkupsFiducialNode",
    "CIRCLE": "vtkMRMLMarkupsClosedCurveNode",
    "ELLIPSE": "vtkMRMLMarkupsClosedCurveNode",
    "INTERPOLATED": "vtkMRMLMarkupsCurveNode",
}


@dataclass(frozen=True, slots=True)
class Region:
    """Spatial coordinates (PS3.3 C.18.6, C.18.9).

    Parameters
    ----------
    graphic_type
        POINT, POLYLINE, CIRCLE, ...
    points
        Shape (points, 3) in the patient (LPS, mm); or (points, 2): column and row in an image.
    image_uid, frame
        The image of coordinates in an image, and the number of its frame from 1.
    is_bounding_box
        Whether it encloses something that has another shape.
    """

    graphic_type: str
    points: np.ndarray
    image_uid: str = ""
    frame: int = 1
    is_bounding_box: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for regions that are the same."""
        return (self.graphic_type, self.points.tobytes(), self.image_uid, self.frame)

    @property
    def is_in_patient(self) -> bool:
        """Whether the points are mm in the patient."""
        return int(self.points.shape[1]) == 3


def points_ras(region: Region, image_path: str = "") -> np.ndarray:
    """Points of a region in RAS, shape (points, 3), mm.

    Parameters
    ----------
    region
        Of the patient, or of an image.
    image_path
        The file of that image.

    Raises
    ------
    UnusableData
        If the image is needed and not there, or has no place in the patient.

    References
    ----------
    PS3.3 C.18.6.1.1: the upper left corner of the first pixel is (0, 0), its centre (0.5, 0.5).
    """
    if region.is_in_patient:
        ras: np.ndarray = outline_points(region) * (-1, -1, 1)
        return ras
    if not image_path:
        raise UnusableData("The image on which a region was drawn is not in the database.")
    header = read_image_header(image_path)
    frames = placed_frames(header)
    if not 1 <= region.frame <= len(frames) or not (header.position or header.has_frame_descriptions):
        raise InvalidDICOM(image_path, "the image of a region has no place in the patient")
    place = frames[region.frame - 1][1]
    row, column = np.asarray(place.orientation, float).reshape(2, 3)
    between_rows, between_columns = place.pixel_spacing
    steps = (outline_points(region) - 0.5) * (between_columns, between_rows)
    lps = place.position_lps + steps[:, :1] * row + steps[:, 1:] * column
    in_patient: np.ndarray = lps * (-1, -1, 1)
    return in_patient


def outline_points(region: Region) -> np.ndarray:
    """Points of a region; circles and ellipses as points on their outline."""
    points = region.points
    if region.graphic_type == "CIRCLE" and len(points) == 2 and not region.is_in_patient:
        radius = points[1] - points[0]
        return _outline(points[0], radius, np.array([-radius[1], radius[0]]))
    if region.graphic_type == "ELLIPSE" and len(points) == 4:
        centre = points[:2].mean(axis=0)
        return _outline(centre, points[1] - centre, points[3] - centre)
    return points


def add_shape(scene: Any, region: Region, points: np.ndarray, name: str) -> Any:
    """Add the markups node that fits to a region.

    Parameters
    ----------
    scene
        The scene.
    region
        What it is.
    points
        Its points in RAS, see `points_ras`.
    name
        A number is appended where another node has this name.
    """
    kind = region.graphic_type
    if region.is_bounding_box or kind == "ELLIPSOID":  # whose points are the ends of its axes
        return _add_box(scene, points, name)
    if kind in ("POLYLINE", "POLYGON"):
        return _add_polyline(scene, points, name, is_closed=kind == "POLYGON")
    if kind == "INTERPOLATED" and _returns(points):
        return _add_markups(scene, "vtkMRMLMarkupsClosedCurveNode", points[:-1], name)
    return _add_markups(scene, CLASSES.get(kind, "vtkMRMLMarkupsCurveNode"), points, name)


def _add_polyline(scene: Any, points: np.ndarray, name: str, *, is_closed: bool) -> Any:
    """A line, or a curve with straight edges; it is closed if it ends where it begins."""
    if len(points) == 2:
        return _add_markups(scene, "vtkMRMLMarkupsLineNode", points, name)
    returns = _returns(points)
    class_name = "vtkMRMLMarkupsClosedCurveNode" if is_closed or returns else "vtkMRMLMarkupsCurveNode"
    node = _add_markups(scene, class_name, points[:-1] if returns else points, name)
    node.SetCurveTypeToLinear()
    return node


def _returns(points: np.ndarray) -> bool:
    """Whether an outline ends where it begins."""
    return len(points) > 3 and bool(np.allclose(points[0], points[-1]))


def _add_markups(scene: Any, class_name: str, points: np.ndarray, name: str) -> Any:
    node = scene.AddNewNodeByClass(class_name, scene.GenerateUniqueName(name))
    node.CreateDefaultDisplayNodes()
    for point in points:
        node.AddControlPoint(point.tolist(), name if class_name.endswith("FiducialNode") else "")
    node.SetLocked(True)
    return node


def _add_box(scene: Any, points: np.ndarray, name: str) -> Any:
    """A box around the points, thin where they lie in a plane; its sides follow the first edge."""
    centre, axes, size = _box(points)
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", scene.GenerateUniqueName(name))
    node.CreateDefaultDisplayNodes()
    to_node = np.eye(4)
    to_node[:3, :3], to_node[:3, 3] = axes.T, centre
    node.SetAndObserveObjectToNodeMatrix(vtk_matrix(to_node))
    node.SetSize(*size.tolist())
    node.SetLocked(True)
    return node


def _box(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre, three axes (rows) and size of the box around points."""
    first = points[1] - points[0] if len(points) > 1 else np.array([1.0, 0, 0])
    x = first / (np.linalg.norm(first) or 1.0)
    others = points - points[0]
    across = others - np.outer(others @ x, x)
    lengths = np.linalg.norm(across, axis=1)
    if lengths.max() > 1e-6:
        y = across[lengths.argmax()] / lengths.max()
    else:
        y = np.cross([0, 0, 1.0] if abs(x[2]) < 0.9 else [1.0, 0, 0], x)
    axes = np.stack([x, y, np.cross(x, y)])
    along = points @ axes.T
    low, high = along.min(axis=0), along.max(axis=0)
    return (low + high) / 2 @ axes, axes, np.maximum(high - low, BOX_THICKNESS_MM)


def _outline(centre: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, CURVE_POINTS, endpoint=False)
    outline: np.ndarray = centre + np.outer(np.cos(angles), first) + np.outer(np.sin(angles), second)
    return outline
