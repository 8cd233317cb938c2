"""The panel of the DICOM Patcher: which folders, which rules, and a log."""

from __future__ import annotations

import tempfile
from collections import deque
from pathlib import Path
from typing import Any

import ctk
import qt
import slicer
from slicer.i18n import tr as _

from DICOMLib.core.jobs import JobCancelled, JobHandle, Progress
from DICOMLib.patching import RULES, DICOMPatcherRule, PatchReport, UseCharacterSet
from DICOMLib.widgets.progress import ProgressPanel, WorkerJobs

INPUT_KEY, OUTPUT_KEY = "DICOMPatcherInputDir", "DICOMPatcherOutputDir"
LOG_LINES = 8  # are always shown
CHARACTER_SET_KEY = "DICOMPatcher/CharacterSet"


class PatcherPanel:
    """Builds the panel into a layout, and runs the patching in a worker thread."""

    def __init__(self, logic: Any, layout: Any) -> None:
        self.logic = logic
        logic.logCallback = self._remember
        self._lines: deque[str] = deque()
        self._jobs = WorkerJobs()
        self._handle: JobHandle | None = None
        self._output = ""
        self._is_temporary = False
        self.ruleCheckBoxes: dict[str, Any] = {}
        self._build_folders(layout)
        self._build_rules(layout)
        self._build_buttons(layout)
        self._build_log(layout)

    # Building

    def _build_folders(self, layout: Any) -> None:
        section = ctk.ctkCollapsibleButton()
        section.text = _("Folders")
        layout.addWidget(section)
        form = qt.QFormLayout(section)
        self.inputDirSelector = self._path_line(INPUT_KEY)
        self.outputDirSelector = self._path_line(OUTPUT_KEY)
        self.inputDirSelector.setToolTip(
            _("All DICOM files below this folder are patched; they stay as they are.")
        )
        self.outputDirSelector.setToolTip(
            _("Where the copies are written; a temporary folder if it is empty.")
        )
        form.addRow(_("Input DICOM directory:"), self.inputDirSelector)
        form.addRow(_("Output DICOM directory:"), self.outputDirSelector)

    @staticmethod
    def _path_line(key: str) -> Any:
        line = ctk.ctkPathLineEdit()
        line.filters = ctk.ctkPathLineEdit.Dirs
        line.settingKey = key
        line.retrieveHistory()
        return line

    def _build_rules(self, layout: Any) -> None:
        section = ctk.ctkCollapsibleButton()
        section.text = _("Rules")
        layout.addWidget(section)
        form = qt.QFormLayout(section)
        for rule in RULES:
            if rule.always_applied:
                continue
            box = qt.QCheckBox(_(rule.label))
            box.checked = rule.enabled_by_default
            box.toolTip = (rule.__doc__ or "").split("\n\n", maxsplit=1)[0]
            self.ruleCheckBoxes[rule.__name__] = box
            if rule is UseCharacterSet:
                form.addRow(box, self._character_set_line(box))
            else:
                form.addRow(box)

    def _character_set_line(self, box: Any) -> Any:
        self.characterSetEdit = qt.QLineEdit(str(qt.QSettings().value(CHARACTER_SET_KEY, "") or ""))
        self.characterSetEdit.placeholderText = _("ISO_IR 144, cp1251, …")
        self.characterSetEdit.enabled = False
        box.connect("toggled(bool)", self.characterSetEdit.setEnabled)
        return self.characterSetEdit

    def _build_buttons(self, layout: Any) -> None:
        self.patchButton = qt.QPushButton(_("Patch"))
        self.patchButton.connect("clicked()", self.onPatch)
        self.importButton = qt.QPushButton(_("Import to DICOM database"))
        self.importButton.enabled = False
        self.importButton.connect("clicked()", self.onImport)
        self.progress = ProgressPanel()
        self.progress.cancelRequested.connect(self.cancel)
        row = qt.QHBoxLayout()
        row.addWidget(self.patchButton)
        row.addWidget(self.importButton)
        layout.addLayout(row)
        layout.addWidget(self.progress)

    def _build_log(self, layout: Any) -> None:
        self.statusLabel = qt.QPlainTextEdit()
        self.statusLabel.setReadOnly(True)
        self.statusLabel.setCenterOnScroll(True)
        self.statusLabel.setMinimumHeight(LOG_LINES * self.statusLabel.fontMetrics().lineSpacing())
        layout.addWidget(self.statusLabel, 1)

    # Doing

    def onPatch(self) -> None:
        """Write the patched copies."""
        self.statusLabel.plainText = ""
        self.importButton.enabled = False
        source = self.inputDirSelector.currentPath
        target = self.outputDirSelector.currentPath
        self._is_temporary = not target
        self._output = target or tempfile.mkdtemp(prefix="DICOMPatcher-", dir=slicer.app.temporaryPath)
        try:
            self._choose_rules()
            job = self.logic.patchJob(source, self._output)
        except ValueError as error:
            self._tell(str(error))
            self._drop_unused_folder()
            return
        for line in (self.inputDirSelector, self.outputDirSelector):
            line.addCurrentPathToHistory()
        self.patchButton.enabled = False
        self.progress.begin(_("Patching"))
        self._handle = self._jobs.start(job, self._on_progress, self._on_done, self._on_error)

    def _choose_rules(self) -> None:
        """Give the logic the rules that are checked, and those that are always applied."""
        parameters = {"CharacterSet": self.characterSetEdit.text.strip()}
        qt.QSettings().setValue(CHARACTER_SET_KEY, parameters["CharacterSet"])
        self.logic.clearRules()
        for rule in RULES:
            if self._is_chosen(rule):
                self.logic.addRule(rule.__name__, parameters)

    def _is_chosen(self, rule: type[DICOMPatcherRule]) -> bool:
        return rule.always_applied or bool(self.ruleCheckBoxes[rule.__name__].checked)

    def _remember(self, line: str) -> None:
        """Keep a line of the worker until the window can show it."""
        self._lines.append(line)

    def _tell(self, *lines: str) -> None:
        """Show what has been remembered, and more."""
        self._lines.extend(lines)
        waiting = [self._lines.popleft() for _number in range(len(self._lines))]
        if waiting:
            self.statusLabel.appendPlainText("\n".join(waiting))

    def _on_progress(self, progress: Progress) -> None:
        self.progress.showProgress(progress)
        self._tell()

    def _on_done(self, report: PatchReport) -> None:
        counts = _("{written} written, {skipped} skipped, {failed} failed.").format(
            written=len(report.written), skipped=len(report.skipped), failed=len(report.failed)
        )
        self._tell(counts)
        self._end(bool(report.written))

    def _on_error(self, error: Exception) -> None:
        self._tell(_("Cancelled.") if isinstance(error, JobCancelled) else str(error))
        self._end(False)

    def _end(self, can_import: bool) -> None:
        self._handle = None
        self._drop_unused_folder()
        self.progress.end()
        self.patchButton.enabled = True
        self.importButton.enabled = can_import

    def _drop_unused_folder(self) -> None:
        """Remove the temporary folder if nothing was written to it."""
        if self._is_temporary and not any(Path(self._output).iterdir()):
            Path(self._output).rmdir()

    def cancel(self) -> None:
        """Stop after the file at work."""
        if self._handle is not None:
            self._handle.cancel()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; for scripts."""
        return self._jobs.wait(timeout_s)

    def stop(self) -> None:
        """Stop and forget what is going on: the panel goes away."""
        self._jobs.stop()

    def onImport(self) -> None:
        """Import the copies into the DICOM database."""
        self.logic.importDicomDir(str(Path(self._output)))
