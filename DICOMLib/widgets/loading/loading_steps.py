"""The steps of loading in the browser, each ends by calling the next one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import slicer
from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtWidgets import QDialog, QMessageBox

from DICOMLib.core.errors import log_failure
from DICOMLib.core.jobs import JobCancelled
from DICOMLib.plugins import preferences
from DICOMLib.plugins.explain import Explanation, explain_by_names
from DICOMLib.plugins.load import LoadReport
from DICOMLib.plugins.registry import PluginFailure
from DICOMLib.widgets.enumerations import number_of
from DICOMLib.widgets.information_line import InformationLine
from DICOMLib.widgets.loading import loading
from DICOMLib.widgets.loading.explanation_dialog import ExplanationDialog
from DICOMLib.widgets.loading.loadables_table import DICOMLoadableTable
from DICOMLib.widgets.loading.loading import Examination, Loadables
from DICOMLib.widgets.loading.references_dialog import DICOMReferencesDialog
from DICOMLib.widgets.progress import Blocking, ProgressPanel, Stepper
from DICOMLib.widgets.translation import _

log = logging.getLogger(__name__)

REFERENCES_KEY = "DICOM/automaticallyLoadReferences"
ASK = number_of(QMessageBox.InvalidRole)  # the settings keep numbers of QMessageBox, as Slicer does
ALWAYS = number_of(QMessageBox.Yes)
NEVER = number_of(QMessageBox.No)


class LoadingSteps:
    """Mixin of the browser: examine → references → warnings → load → tell."""

    fileLists: Any  # lists of files, one for each selected series
    loadablesByPlugin: Loadables
    referencedLoadables: Loadables
    enabledPluginClassNames: Sequence[str] | None
    pluginInstances: dict[str, Any]
    _failedPlugins: Sequence[PluginFailure] = ()
    advancedView: int
    loadableTable: DICOMLoadableTable
    loadingFinished: Signal
    _stepper: Stepper
    _driver: Any
    _progress: ProgressPanel
    _result: InformationLine

    # What scripts call: all is done when it returns

    def examineForLoading(self) -> None:
        """Ask the plugins what they can load from the selected series, and show it."""
        with self._at_once():
            self._examine(lambda: None)

    def loadCheckedLoadables(self) -> None:
        """Load what is chosen; in the basic view, what the plugins recommend for the selected series."""
        with self._at_once():
            self._load()

    def getLoadablesFromFileLists(self, fileLists: Sequence[Sequence[str]]) -> tuple[Loadables, bool]:
        """Give what the plugins offer for these files, and whether there is anything to load."""
        found: list[Examination] = []
        with self._at_once():
            self._start(self._examination(fileLists), _("Examining DICOM data"), found.append)
        if not found:
            return {}, False
        self._tell_examination(found[0])
        return found[0].loadables, any(found[0].loadables.values())

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self._driver = Blocking()
        try:
            yield
        finally:
            self._driver = self._stepper

    # What the window does: step by step

    def _examine_stepwise(self) -> None:
        if not self._stepper.busy:
            self._examine(lambda: None)

    def _load_stepwise(self) -> None:
        if not self._stepper.busy:
            self._load()

    def _on_double_click(self) -> None:
        if self.advancedView:
            self._examine_stepwise()
        else:
            self._load_stepwise()

    def _start(self, job: Any, step: str, on_done: Callable[[Any], None]) -> None:
        """Drive a job of loading and show how far it is."""
        self._result.hide()
        self._progress.begin(step)
        self._follow_selection()

        def end(tell: Callable[[], None]) -> None:
            self._progress.end()
            tell()
            self._follow_selection()

        self._driver.start(
            job,
            self._progress.showProgress,
            lambda report: end(lambda: on_done(report)),
            lambda error: end(lambda: self._tell_error(error)),
        )

    def _follow_selection(self) -> None:
        """Offer what can be done now."""
        raise NotImplementedError

    # Examine

    def _examination(self, file_lists: Sequence[Sequence[str]]) -> Any:
        return loading.examine_present_files(file_lists, self.enabledPluginClassNames, self.pluginInstances)

    def _examine(self, then: Callable[[], None]) -> None:
        def done(report: Examination) -> None:
            self._tell_examination(report)
            self._failedPlugins = report.failed
            self.loadablesByPlugin = report.loadables
            self.loadableTable.setLoadables(self.loadablesByPlugin)
            if not report.cancelled:
                then()

        self._start(self._examination(self.fileLists), _("Examining DICOM data"), done)

    def _tell_examination(self, report: Examination) -> None:
        """Tell what is wrong with the files or the plugins, in one line."""
        texts = []
        if report.missing:
            counts = {"missing": report.missing, "total": report.total}
            texts.append(_("{missing} of {total} files are not on the disk any more.").format(**counts))
            if report.missing == report.total:
                texts.append(_("Import the data again, or press Repair to remove it from the database."))
        elif report.cancelled:
            texts.append(_("Cancelled."))
        elif not report.loadables:
            texts.append(_("No plugin can load this data."))
        texts += plugin_faults(report.failed)
        if texts:
            self._result.tell(" ".join(texts))

    # Load

    def _load(self) -> None:
        if self.advancedView and self.loadableTable.rowCount():
            self.loadableTable.updateSelectedFromCheckstate()
            self._look_for_references()
        else:
            self._examine(self._look_for_references)

    def _look_for_references(self) -> None:
        if not any(loadable.selected for offered in self.loadablesByPlugin.values() for loadable in offered):
            return
        self.referencedLoadables = {}
        choice = preferences.number(REFERENCES_KEY, ASK)
        if choice == NEVER or slicer.app.testingEnabled():
            self.warnUserIfLoadableWarningsAndProceed()
            return

        def done(referenced: Loadables) -> None:
            self.referencedLoadables = referenced
            chosen = any(loadable.selected for offered in referenced.values() for loadable in offered)
            if not chosen:
                self.warnUserIfLoadableWarningsAndProceed()
            elif choice == ALWAYS:
                self.addReferencesAndProceed()
            else:
                self.showReferenceDialogAndProceed()

        job = loading.examine_references(
            self.loadablesByPlugin, self.enabledPluginClassNames, self.pluginInstances
        )
        self._start(job, _("Looking for referenced data"), done)

    def showReferenceDialogAndProceed(self) -> None:
        """Ask whether the referenced series shall be loaded too."""
        dialog = DICOMReferencesDialog(self, self.referencedLoadables)

        def answered(_result: int) -> None:
            answer = (
                dialog.standardButton(dialog.clickedButton())
                if dialog.clickedButton()
                else QMessageBox.Cancel
            )
            if answer == QMessageBox.Cancel:
                self._result.tell(_("Loading cancelled."))
                return
            if dialog.rememberChoiceAndStopAskingCheckbox.isChecked():
                QSettings().setValue(REFERENCES_KEY, str(int(answer)))
            dialog.applyChoice()
            if answer == QMessageBox.Yes:
                self.addReferencesAndProceed()
            else:
                self.warnUserIfLoadableWarningsAndProceed()

        self._ask(dialog, answered)

    def addReferencesAndProceed(self) -> None:
        """Load the selected referenced loadables too."""
        self.proceedWithReferencedLoadablesSelection()

    def proceedWithReferencedLoadablesSelection(self) -> None:
        """Go on with those referenced loadables that are selected."""
        loading.add_references(self.loadablesByPlugin, self.referencedLoadables)
        self.warnUserIfLoadableWarningsAndProceed()

    def warnUserIfLoadableWarningsAndProceed(self) -> None:
        """Show the warnings of what is chosen; load unless the user says no."""
        warnings = loading.warnings_of(self.loadablesByPlugin)
        if not warnings or slicer.app.testingEnabled():
            for warning in warnings:
                log.debug("loadable warning: %s", warning)
            self.proceedWithLoading()
            return
        box = QMessageBox(self)
        box.setObjectName("LoadWarningsDialog")
        box.setIcon(QMessageBox.Warning)
        box.setWindowTitle(_("DICOM loading"))
        box.setText(_("The plugins warn about the data that you are going to load."))
        box.setInformativeText("\n".join(f"• {warning}" for warning in warnings[:MOST_WARNINGS]))
        if len(warnings) > MOST_WARNINGS:
            box.setDetailedText("\n".join(warnings))
        box.setStandardButtons(QMessageBox.Ok | QMessageBox.Cancel)
        box.button(QMessageBox.Ok).setText(_("Load"))

        def answered(_result: int) -> None:
            if box.standardButton(box.clickedButton()) == QMessageBox.Ok:
                self.proceedWithLoading()
            else:
                self._result.tell(_("Loading cancelled."))

        self._ask(box, answered)

    def proceedWithLoading(self) -> None:
        """Load what is selected."""
        self._start(loading.load_and_show(self.loadablesByPlugin), _("Loading DICOM data"), self._tell_loaded)

    def _tell_loaded(self, report: LoadReport) -> None:
        self.lastLoadReport = report
        texts = [f"{failure} ({failure.reason})" for failure in report.failed]
        if report.cancelled:
            texts.insert(0, loading.what_was_cancelled(report))
        elif report.loaded and not texts:
            texts.append(_("Loaded {names}.").format(names=loading.names_of_loaded(report)))
        faults = plugin_faults(self._failedPlugins)
        if texts or faults:
            self._result.tell(" ".join([*texts, *faults]))
        if faults:  # the browser may be closed now
            slicer.util.showStatusMessage(" ".join(faults), STATUS_MS)
        if report.loaded and not report.failed and not report.cancelled:
            self.onLoadingFinished()
        self.loadingFinished.emit(report)

    def onLoadingFinished(self) -> None:
        """Close the browser unless it shall stay."""
        raise NotImplementedError

    # Explaining

    def explainSeries(self, seriesUID: str) -> None:
        """Ask each plugin about a series, and show the answers."""
        job = explain_by_names(seriesUID, self.enabledPluginClassNames, self.pluginInstances)
        self._start(job, _("Asking DICOM plugins"), self._show_explanation)

    def _show_explanation(self, explanation: Explanation) -> None:
        if not explanation.cancelled:
            ExplanationDialog(explanation, self).open()

    # Asking and telling

    def _ask(self, dialog: QDialog, answered: Callable[[int], None]) -> None:
        """Show a dialog; a script waits for the answer, a window goes on and is told."""
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        if isinstance(self._driver, Blocking):
            answered(dialog.exec_())
        else:
            dialog.finished.connect(answered)
            dialog.open()

    def _tell_error(self, error: Exception) -> None:
        if isinstance(error, JobCancelled):
            self._result.tell(_("Cancelled."))
        else:
            log_failure(log, "loading failed", error)
            self._result.tell(str(error) or type(error).__name__)


def plugin_faults(failed: Sequence[PluginFailure]) -> list[str]:
    """A sentence for each plugin that failed."""
    told = _("Plugin {name} failed ({reason}).")
    return [told.format(name=failure.plugin, reason=failure.reason) for failure in failed]


MOST_WARNINGS = 8
STATUS_MS = 10_000
