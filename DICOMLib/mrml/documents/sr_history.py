"""Which measurement report comes before and after another one of the same patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import slicer

REPORT, PRIOR, FOLLOW_UP = "SOPInstanceUID", "PriorReportUID", "FollowUpReportUID"
_PATIENT, _STUDY = "0010,0020", "0020,000D"
_MOMENT = ("0008,0020", "0008,0030")  # date and time of the study


@dataclass(frozen=True, slots=True)
class _Report:
    node: Any
    uid: str
    patient: str
    study: str
    moment: tuple[str, ...]


def link_reports(scene: Any, database: Any) -> None:
    """Tell on the nodes of reports in the scene which one of an earlier and of a later study is the next.

    Parameters
    ----------
    scene
        The scene; nodes of reports have the attribute `SOPInstanceUID`.
    database
        Anything with Slicer's `fileForInstance` and `fileValue`.
    """
    reports = sorted(_reports(scene, database), key=lambda one: one.moment)
    for index, report in enumerate(reports):
        _link(report, PRIOR, reversed(reports[:index]))
        _link(report, FOLLOW_UP, reports[index + 1 :])


def _link(report: _Report, attribute: str, others: Any) -> None:
    found = (one for one in others if one.patient == report.patient and one.study != report.study)
    nearest = next(found, None)
    if nearest is None:
        report.node.RemoveAttribute(attribute)
    else:
        report.node.SetAttribute(attribute, nearest.uid)


def _reports(scene: Any, database: Any) -> list[_Report]:
    """The reports of the scene whose patient and study the database knows."""
    nodes = [
        node
        for name in ("vtkMRMLTableNode", "vtkMRMLMarkupsNode")
        for node in slicer.util.getNodesByClass(name, scene)
        if node.GetAttribute(REPORT)
    ]
    reports = []
    for node in nodes:
        path = database.fileForInstance(node.GetAttribute(REPORT))
        patient = database.fileValue(path, _PATIENT) if path else ""
        if patient:
            moment = tuple(database.fileValue(path, tag) for tag in _MOMENT)
            study = database.fileValue(path, _STUDY)
            reports.append(_Report(node, node.GetAttribute(REPORT), patient, study, moment))
    return reports
