"""A measurement report as nodes: tables, and the markups of what was drawn."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from DICOMLib.core.errors import DICOMError, reason_of
from DICOMLib.mrml.documents.region_shapes import Region, add_shape, points_ras
from DICOMLib.mrml.documents.sr_report import LENGTHS, MeasurementGroup, Report
from DICOMLib.mrml.documents.tables import add_table_node, numbered

log = logging.getLogger(__name__)

PathOfInstance = Callable[[str], str]
TRACKING = "Tracking Identifier"


def add_measurements_table(scene: Any, report: Report, name: str) -> Any:
    """Add a table with a row for each group; None if nothing was measured or judged.

    Columns are the measurements ("Volume [ml]"), then finding, site and evaluations.
    """
    groups = [group for group in report.groups if group.measurements or group.evaluations]
    if not groups:
        return None
    rows = [_cells(group) for group in groups]
    columns = list(dict.fromkeys(title for row in rows for title in row))
    table = [
        [group.tracking_id, *(row.get(title, "") for title in columns)]
        for group, row in zip(groups, rows, strict=True)
    ]
    node = add_table_node(scene, name, [TRACKING, *columns], table)
    node.SetAttribute("QuantitativeReporting", "Yes")
    node.SetAttribute("readonly", "Yes")
    return node


def _cells(group: MeasurementGroup) -> dict[str, str]:
    """Texts by column; measurements of one title are numbered."""
    titles = numbered([measurement.title for measurement in group.measurements])
    cells = {title: one.value for title, one in zip(titles, group.measurements, strict=True)}
    cells["Finding"] = group.finding.meaning
    cells["Finding Site"] = ", ".join(site.meaning for site in group.sites)
    names = numbered([name for name, _ in group.evaluations])
    cells |= {name: value for name, (_, value) in zip(names, group.evaluations, strict=True)}
    return cells


def add_annotations(scene: Any, report: Report, path_of: PathOfInstance) -> list[Any]:
    """Add markups for the regions of the groups, and a table for each kind of them.

    Parameters
    ----------
    scene
        The scene.
    report
        The report.
    path_of
        File of an instance by its UID, empty if it is not known.
    """
    nodes: list[Any] = []
    rows: dict[str, list[list[str]]] = {}
    for group in report.groups:
        for region in group.regions:
            node = _shape(scene, region, path_of, group.tracking_id or "Region")
            if node is None:
                continue
            nodes.append(node)
            rows.setdefault(_column(region), []).append(_annotation_row(group, region))
    for column, texts in rows.items():
        columns = [TRACKING, "FindingType", "FindingSite", column]
        table = add_table_node(scene, f"{column} annotations", columns, texts)
        table.SetAttribute("readonly", "Yes")
        nodes.insert(0, table)
    return nodes


def _column(region: Region) -> str:
    if region.is_bounding_box:
        return "Bounding box points"
    return "Point" if region.graphic_type in ("POINT", "MULTIPOINT") else "PolyLine"


def _annotation_row(group: MeasurementGroup, region: Region) -> list[str]:
    points = "; ".join(", ".join(f"{value:g}" for value in point) for point in region.points)
    return [group.tracking_id, group.finding.meaning, ", ".join(site.meaning for site in group.sites), points]


def add_measured_regions(scene: Any, report: Report, path_of: PathOfInstance) -> list[Any]:
    """Add locked markups for what was measured, where a measurement tells it; once for each place.

    The line of a length is named after the observer, others after the finding or what was measured.
    """
    nodes = []
    for group in report.groups:
        shown = {region.key for region in group.regions}
        for measurement, region in group.measured_regions():
            if region.key not in shown:
                shown.add(region.key)
                is_length = measurement.quantity.key in LENGTHS and len(region.points) == 2
                name = (report.observer or "Length") if is_length else group.tracking_id
                nodes.append(_shape(scene, region, path_of, name or measurement.quantity.meaning))
    return [node for node in nodes if node is not None]


def _shape(scene: Any, region: Region, path_of: PathOfInstance, name: str) -> Any:
    """The node of a region; None, with a line in the log, if it has no place in the patient."""
    try:
        points = points_ras(region, "" if region.is_in_patient else path_of(region.image_uid))
    except (DICOMError, OSError) as error:
        log.warning("A region of a report is not shown (%s).", reason_of(error))
        return None
    return add_shape(scene, region, points, name)
