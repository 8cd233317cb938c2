"""Export without the identity of patients: options, what will change, the copies, and a report."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.errors import DICOMError, InvalidDICOM
from DICOMLib.core.jobs import Job, JobCancelled, JobHandle, Progress
from DICOMLib.deidentification import (
    OPTIONS,
    DeidentificationReport,
    IdentityMap,
    Profile,
    check_output,
    deidentify,
)
from DICOMLib.deidentification.dataset import Cleaner
from DICOMLib.deidentification.job import reason_to_leave_out
from DICOMLib.standard.faults import faults_of
from DICOMLib.standard.part10 import read_file
from DICOMLib.widgets.file_questions import ask_folder, ask_new_file, save_text
from DICOMLib.widgets.files.change_table import ChangeTable
from DICOMLib.widgets.progress import ProgressPanel, WorkerJobs
from DICOMLib.widgets.translation import _, by_number
from DICOMLib.writing.differences import TagChange, differences

FOLDER_KEY = "DICOM/DeidentifyFolder"
MAP_ENDING = "-identities.json"  # beside the folder of the copies, never in it
MOST_PREVIEWED = 20  # series
MOST_NAMED = 3  # files of each reason

Changes = list[tuple[str, list[TagChange]]]


def preview_changes(
    files: Sequence[tuple[str, str]], profile: Profile, identities: IdentityMap
) -> Job[Changes]:
    """What would change in files, given with a title for each; nothing is written."""
    sections: Changes = []
    try:
        for number, (title, path) in enumerate(files[:MOST_PREVIEWED]):
            yield Progress(number, len(files), "Looking what will change", title)
            try:
                with faults_of(path):
                    sections.append(_changes_of(title, path, Cleaner(profile, identities)))
            except InvalidDICOM as error:
                sections.append((f"{title} – {error}", []))  # noqa: RUF001
    except JobCancelled:
        return sections
    return sections


def _changes_of(title: str, path: str, cleaner: Cleaner) -> tuple[str, list[TagChange]]:
    dataset = read_file(path, stop_before_pixels=True)
    reason = reason_to_leave_out(dataset, cleaner.profile)
    if reason:
        return f"{title} – {reason}", []  # noqa: RUF001
    before = copy.deepcopy(dataset)
    cleaner.clean(dataset)
    return title, differences(before, dataset)


class DeidentifyDialog(QDialog):
    """Copies series without identity into a folder; the originals stay as they are."""

    finishedExport = Signal(object)

    def __init__(self, database: Any, series: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._files = [[path for path in database.filesForSeries(uid) if path] for uid in series]
        self._titles = [database.descriptionForSeries(uid) or uid for uid in series]
        self.report: DeidentificationReport | None = None
        self.identities = IdentityMap()
        self._jobs = WorkerJobs()
        self._handle: JobHandle | None = None
        self._build()
        self._preview()

    def _build(self) -> None:
        self.setObjectName("DeidentifyDialog")
        self.setWindowTitle(_("Export without identity"))
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.resize(860, 640)
        count = sum(len(files) for files in self._files)
        text = _(
            "Copies of {files} are written by the Basic Profile of PS3.15. The originals stay as they are."
        )
        files = by_number(count, _("1 file"), _("{n} files"))
        if len(self._files) > 1:
            files = _("{files} of {n} series").format(files=files, n=len(self._files))
        self.textLabel = QLabel(text.format(files=files), self)
        self.textLabel.setWordWrap(True)
        self.optionBoxes = {}
        for name, (_code, meaning) in OPTIONS.items():
            title = name.replace("-", " ").capitalize().replace("uids", "UIDs")
            self.optionBoxes[name] = QCheckBox(_(title), self)
            self.optionBoxes[name].setToolTip(_(meaning))
        options = QGridLayout()
        for place, box in enumerate(self.optionBoxes.values()):
            options.addWidget(box, place // 3, place % 3)
            box.toggled.connect(lambda _checked: self._preview())
        self.changes = ChangeTable(self)
        self.changes.setAccessibleName(_("What is removed or replaced"))
        target = self._build_target()
        self.progress = ProgressPanel(self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.Close, self)
        self.exportButton = self.buttons.addButton(_("Export"), QDialogButtonBox.AcceptRole)
        self.exportButton.setToolTip(_("Write the copies without identity"))
        self.saveButton = self.buttons.addButton(_("Save report…"), QDialogButtonBox.ActionRole)
        self.saveButton.setToolTip(_("Save what became of each file"))
        self.saveButton.hide()
        layout = QVBoxLayout(self)
        layout.addWidget(self.textLabel)
        layout.addLayout(options)
        layout.addWidget(
            QLabel(_("What will be removed or replaced, in the first file of each series:"), self)
        )
        layout.addWidget(self.changes, 1)
        layout.addLayout(target)
        layout.addWidget(self.progress)
        layout.addWidget(self.buttons)
        self.folderEdit.textChanged.connect(lambda _text: self._follow())
        self.buttons.accepted.connect(self.start)
        self.buttons.rejected.connect(self.reject)
        self.saveButton.clicked.connect(lambda _checked=False: self.chooseReportFile())
        self.progress.cancelRequested.connect(self.cancel)
        self._follow()

    def _build_target(self) -> QGridLayout:
        """Where the copies go, and whether a map is kept."""
        self.folderEdit = QLineEdit(str(QSettings().value(FOLDER_KEY, "")), self)
        self.folderEdit.setAccessibleName(_("Folder for the copies"))
        self.folderEdit.setPlaceholderText(_("Folder for the copies"))
        self.folderEdit.setToolTip(_("Folder in which the copies are written; it is made if it is not there"))
        browse = QPushButton(_("Browse…"), self)
        browse.setAutoDefault(False)
        browse.setToolTip(_("Choose the folder for the copies"))
        self.mapBox = QCheckBox(_("Keep a file that tells who is who"), self)
        self.mapBox.setToolTip(
            _("Beside the folder. With it you can go back to the patients. Keep it as safe as the originals")
        )
        target = QGridLayout()
        target.addWidget(QLabel(_("Export to folder:"), self), 0, 0)
        target.addWidget(self.folderEdit, 0, 1)
        target.addWidget(browse, 0, 2)
        target.addWidget(self.mapBox, 1, 1)
        browse.clicked.connect(lambda _checked=False: self.chooseFolder())
        return target

    def _follow(self) -> None:
        self.exportButton.setEnabled(bool(self.folderEdit.text().strip()) and self._handle is None)

    def profile(self) -> Profile:
        """The profile with the options that are checked.

        Raises
        ------
        ValueError
            If options contradict each other.
        """
        return Profile(frozenset(name for name, box in self.optionBoxes.items() if box.isChecked()))

    # Preview

    def _preview(self) -> None:
        try:
            profile = self.profile()
        except ValueError as error:
            self.changes.say(str(error))
            self.exportButton.setEnabled(False)
            return
        self._follow()
        firsts = [(title, files[0]) for title, files in zip(self._titles, self._files, strict=True) if files]
        self._jobs.start(
            preview_changes(firsts, profile, self.identities),
            on_done=self.changes.show_changes,
            on_error=lambda error: self.changes.say(str(error)),
        )

    # Export

    def chooseFolder(self) -> QFileDialog:
        """Ask for the folder."""
        return ask_folder(self, _("Export to folder"), self.folderEdit.setText, self.folderEdit.text())

    def start(self) -> None:
        """Write the copies in the background."""
        folder = self.folderEdit.text().strip()
        QSettings().setValue(FOLDER_KEY, folder)
        try:
            self._take_map(Path(folder))
        except DICOMError as error:
            self.textLabel.setText(str(error))
            return
        self.progress.begin(_("Writing copies without identity"))
        paths = [path for files in self._files for path in files]
        self._handle = self._jobs.start(
            deidentify(paths, folder, self.profile(), self.identities),
            self.progress.showProgress,
            self._tell,
            lambda error: self._end(str(error) or type(error).__name__),
        )
        self._follow()

    def _take_map(self, folder: Path) -> None:
        """Use the map of earlier copies, and keep the new one before anything is written."""
        path = self._map_path()
        there = path.is_file()
        if there:
            self.identities = IdentityMap.load(path)
        originals = [file for files in self._files for file in files]
        check_output(folder, originals, has_map=there or self.report is not None, secrets=[path])
        if self.mapBox.isChecked():
            self.identities.save(path)

    def _map_path(self) -> Path:
        """Where the map of the copies in the chosen folder lies."""
        folder = Path(self.folderEdit.text().strip())
        return folder.with_name(folder.name + MAP_ENDING)

    def cancel(self) -> None:
        """Stop after the file at work."""
        if self._handle is not None:
            self._handle.cancel()

    def _end(self, text: str) -> None:
        self._handle = None
        self.progress.end()
        self.textLabel.setText(text)
        self._follow()

    def _tell(self, report: DeidentificationReport) -> None:
        self.report = report
        text = report.as_text(MOST_NAMED)
        if report.failed or report.left_out:
            text += "\n" + _("“Save report…” writes down what became of each of them.")
        if self.mapBox.isChecked():
            try:
                self.identities.save(self._map_path())
            except DICOMError as error:
                text += f"\n{error}"
        self._end(text)
        self.saveButton.show()
        self.finishedExport.emit(report)

    def chooseReportFile(self) -> QFileDialog:
        """Ask where to save the report."""
        return ask_new_file(self, _("Save the report"), self.saveReport, "report.txt")

    def saveReport(self, path: str) -> None:
        """Write the report with all that was left out or failed."""
        if self.report is None:
            return
        lines = [self.report.as_text()]
        lines += [f"{file}: {reason}" for file, reason in [*self.report.left_out, *self.report.failed]]
        save_text(self, _("Save the report"), path, "\n".join(lines) + "\n")

    def done(self, result: int) -> None:
        """Stop what is going on, and close."""
        self._jobs.stop()
        super().done(result)
