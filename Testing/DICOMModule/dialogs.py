"""Every dialog and menu of the module that is made on request, filled with something to show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qtpy.QtWidgets import QMenu, QWidget

from DICOMLib import DICOMLoadable
from DICOMLib.indexing import ImportReport
from DICOMLib.indexing.repair import RepairPlan
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import Peer
from DICOMLib.plugins.explain import Explanation, PluginAnswer
from DICOMLib.widgets.browsing.removal import MissingFiles, MissingReport


def dialogs_on_request(database: Any) -> dict[str, QWidget]:
    """Those that work opens in the end, or that ask something; a closed port stands for a server."""
    from DICOMLib.widgets.files.account_dialog import AccountDialog
    from DICOMLib.widgets.files.deidentify_dialog import DeidentifyDialog
    from DICOMLib.widgets.files.missing_dialog import MissingDialog
    from DICOMLib.widgets.files.relink_dialog import RelinkDialog
    from DICOMLib.widgets.loading.explanation_dialog import ExplanationDialog
    from DICOMLib.widgets.loading.references_dialog import DICOMReferencesDialog
    from DICOMLib.widgets.network.diagnosis_dialog import DiagnosisDialog
    from DICOMLib.widgets.network.server_dialog import ServerDialog
    from DICOMLib.widgets.network.transfer_list import TransfersWindow

    loadable = DICOMLoadable()
    loadable.name, loadable.tooltip, loadable.selected = "Bone", "", True
    report = ImportReport()
    report.leave_out("/1/2.dcm", "the file is truncated")
    return {
        "missing": MissingDialog(MissingReport([MissingFiles("1.2", "Bone", ["/1/2.dcm"], 2)])),
        "relink": RelinkDialog(database, RepairPlan(found={"1.2.3": "/1/2.dcm"})),
        "account": AccountDialog(report),
        "references": DICOMReferencesDialog(None, {None: [loadable]}),
        "explanation": ExplanationDialog(Explanation(answers=[PluginAnswer("1", "1", 0.5, "1")])),
        "diagnosis": DiagnosisDialog(Peer("127.0.0.1", 1, "THERE")),
        "deidentify": DeidentifyDialog(database, database.seriesForStudy(_first_study(database))),
        "server": ServerDialog(Peer("127.0.0.1", 104, "THERE")),
        "web server": ServerDialog(OriginServer("http://127.0.0.1:1")),
        "transfers": TransfersWindow(database),
        **_questions(database),
    }


def _questions(database: Any) -> dict[str, QWidget]:
    """Question boxes and file dialogs, each as it is asked."""
    from DICOMLib.widgets.browsing.selection_actions import SelectionActions
    from DICOMLib.widgets.file_questions import ask_file, ask_folder, ask_new_file, warn
    from DICOMLib.widgets.task_panel import TaskPanel
    from DICOMLib.widgets.translation import _

    def forget(*_answer: object) -> None:
        """Nobody waits for the answer."""

    parent: Any = None
    actions = SelectionActions(database, TaskPanel(), parent)
    return {
        "question": actions.askAndRemove("Series", ["1.2"], always_ask=True),
        "warning": warn(parent, _("Export"), "1"),
        "folder": ask_folder(parent, _("Choose the folder"), forget),
        "file": ask_file(parent, _("Choose a file"), forget),
        "new file": ask_new_file(parent, _("Save the report"), forget, "1.txt", [_("Text (*.txt)")]),
    }


def _first_study(database: Any) -> str:
    return next((s for patient in database.patients() for s in database.studiesForPatient(patient)), "")


def menus_on_request(window: Any, browser: Any, tree: Any) -> Iterator[QMenu]:
    """Context menus of tables and of the loaded data, and all menus of the window as they are opened."""
    tables = browser.dicomBrowser.dicomTableManager()
    tables.patientsTable().selectFirst()
    for level, table in zip(("Patients", "Studies", "Series"), tables.tables(), strict=True):
        yield table.columnMenu()
        if table.currentSelection:
            yield browser.dicomBrowser._actions.menu(
                level, table.currentSelection, dict.fromkeys(_ACTIONS, lambda: None)
            )
    yield from _menus_of_pictures(browser.dicomVisualBrowser)
    yield tree.contextMenu(0)
    for item in _items(tree):
        yield tree.contextMenu(item)
    for menu in QWidget.findChildren(window, QMenu):
        menu.aboutToShow.emit()
        yield menu


def _menus_of_pictures(visual: Any) -> Iterator[QMenu]:
    """Context menus of the visual browser: of a patient, of a study, of one series and of several."""
    visual.sendActionVisible = True
    visual.refreshBrowser()
    for patient in visual.patientList.patients()[:1]:
        study = patient.studies[0]
        series = [one.uid for one in study.series]
        yield visual.contextMenu("Patients", [patient.uid], series)
        yield visual.contextMenu("Studies", [study.uid], series)
        yield visual.contextMenu("Series", series[:1], series[:1])
        yield visual.contextMenu("Series", [*series, *series], series)


_ACTIONS = ("load", "retrieve", "metadata", "remove", "export", "deidentify", "send")


def _items(tree: Any) -> list[int]:
    import slicer
    import vtk

    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    found = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), found, True)
    return [found.GetId(index) for index in range(found.GetNumberOfIds())]
