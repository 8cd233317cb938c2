"""The job that writes de-identified copies of files."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset

from DICOMLib.core.errors import InvalidDICOM, UnusableData
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.core.wording import counted
from DICOMLib.deidentification.dataset import Cleaner, is_copy
from DICOMLib.deidentification.documents import (
    DOCUMENT,
    IDENTIFYING_SURFACE,
    is_document,
    prepare_document,
)
from DICOMLib.deidentification.identities import IdentityMap
from DICOMLib.deidentification.pixels import blank_outside_regions, drop_hidden_data, has_regions
from DICOMLib.deidentification.profile import Profile
from DICOMLib.indexing.read import read_whole
from DICOMLib.standard.faults import faults_of
from DICOMLib.standard.part10 import read_file
from DICOMLib.writing.files import write_dataset

log = logging.getLogger(__name__)

# Classes whose pixels often show names: ultrasound, secondary capture, digitized film, photographs.
OFTEN_BURNED_IN = ("US", "SC", "OT", "XC", "ES", "XA", "RF", "DOC")
BURNED_IN = (
    "identity is burned into the pixels (Burned In Annotation is YES); the option clean-pixels blanks what "
    "lies outside the regions of ultrasound images"
)
_NOUNS = {"patients": ("patient",), "studies": ("study", "studies"), "series": ("series", "series")}
IS_COPY = "it is a copy without identity already"


@dataclass(slots=True)
class DeidentificationReport:
    """What became of each file. It holds paths of the originals: keep it with the map of identities.

    Parameters
    ----------
    written
        Original path and path of the copy.
    left_out
        Original path and why no copy was made, though the file could be read.
    skipped
        Path and why nothing was to be done with the file.
    failed
        Original path and why it could not be read or written.
    to_check
        Paths of copies whose pixels may show identity: a person has to look at them.
    counts
        How many patients, studies and series were written.
    cancelled
        Whether files were left out by the user.
    """

    written: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    to_check: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    profile: list[str] = field(default_factory=list)
    cancelled: bool = False

    def as_text(self, named: int = 0) -> str:
        """The sums and reasons.

        Parameters
        ----------
        named
            How many files of each reason are named; their paths may hold identities.
        """
        counts = ", ".join(counted(number, *_NOUNS[kind]) for kind, number in self.counts.items())
        lines = [f"{counted(len(self.written), 'file')} de-identified ({counts or 'nothing'})."]
        for title, entries in (
            ("left out", self.left_out),
            ("skipped", self.skipped),
            ("failed", self.failed),
        ):
            for reason, number in Counter(reason for _, reason in entries).items():
                lines.append(f"{number} {title}: {reason}.")
                lines += [f"  {path}" for path, why in entries if why == reason][:named]
                if 0 < named < number:
                    lines.append(f"  … and {number - named} more")
        if self.to_check:
            lines.append(
                f"{len(self.to_check)} images are of a kind whose pixels may show names. Look at them before "
                "you give them away."
            )
        lines += [f"Applied: {meaning}." for meaning in self.profile]
        if self.cancelled:
            lines.append("Stopped before all files were done.")
        return "\n".join(lines)


def deidentify(
    paths: Sequence[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    profile: Profile | None = None,
    identities: IdentityMap | None = None,
    *,
    again: bool = False,
) -> Job[DeidentificationReport]:
    """Write copies without identity; the originals stay as they are.

    The copies lie in `folder` by patient, study and series, under names made of their new UIDs. References
    between them stay: the same original gives the same new UID wherever it occurs. All files are looked at
    first for the names in them, so that texts of a file lose the names that only another file tells.

    Parameters
    ----------
    paths
        Files, such as those of a selection of the database.
    folder
        Made where it is missing. `output.check_output` tells whether it is fit.
    profile
        The basic profile without options if None.
    identities
        Map to use and to add to; a new one if None. Save it to be able to go back.
    again
        Whether copies that were made earlier are cleaned once more, rather than skipped.
    """
    profile = profile or Profile()
    cleaner = Cleaner(profile, identities or IdentityMap())
    report = DeidentificationReport(profile=[meaning for _, meaning in profile.codes])
    seen: dict[str, set[str]] = {"patients": set(), "studies": set(), "series": set()}
    try:
        originals = yield from _learn_names(paths, cleaner, report, again)
        for number, path in enumerate(originals):
            yield Progress(number, len(originals), "De-identifying")
            _deidentify_file(path, Path(folder), cleaner, (report, seen))
    except JobCancelled:
        report.cancelled = True
    report.counts = {kind: len(uids) for kind, uids in seen.items()}
    return report


def _learn_names(
    paths: Sequence[str | os.PathLike[str]], cleaner: Cleaner, report: DeidentificationReport, again: bool
) -> Job[list[Path]]:
    """Look at all headers; the files of which copies are to be made."""
    originals = []
    for number, path in enumerate(paths):
        yield Progress(number, len(paths), "Looking for names")
        try:
            with faults_of(path):
                dataset = read_file(path, stop_before_pixels=True)
                if not again and is_copy(dataset):
                    report.skipped.append((str(path), IS_COPY))
                    continue
                cleaner.learn(dataset)
        except InvalidDICOM:
            log.debug("a header could not be read for its names", exc_info=True)  # told when it is copied
        originals.append(Path(path))
    return originals


def _deidentify_file(
    path: Path, folder: Path, cleaner: Cleaner, account: tuple[DeidentificationReport, dict[str, set[str]]]
) -> None:
    report, seen = account
    try:
        with faults_of(path):
            dataset = read_whole(path)
            check = may_show_identity(dataset)
            _clean(dataset, cleaner)
            target = _target(dataset, folder)
            _write(dataset, target, path)
    except UnusableData as error:
        report.left_out.append((str(path), error.reason))
        return
    except InvalidDICOM as error:
        log.debug("a file could not be de-identified", exc_info=True)
        report.failed.append((str(path), error.reason))
        return
    report.written.append((str(path), str(target)))
    if check:
        report.to_check.append(str(target))
    for kind, keyword in (
        ("patients", "PatientID"),
        ("studies", "StudyInstanceUID"),
        ("series", "SeriesInstanceUID"),
    ):
        seen[kind].add(str(dataset.get(keyword)))


def _clean(dataset: Dataset, cleaner: Cleaner) -> None:
    """Take all identity away; `UnusableData` if that is not possible."""
    reason = reason_to_leave_out(dataset, cleaner.profile)
    if reason:
        raise UnusableData(reason)
    if can_be_blanked(dataset, cleaner.profile):
        blank_outside_regions(dataset)
    drop_hidden_data(dataset)
    prepare_document(dataset)
    cleaner.clean(dataset)


def _write(dataset: Dataset, target: Path, original: Path) -> None:
    """Write a copy; a disk that is full is no fault of the original."""
    try:
        write_dataset(dataset, target)
    except OSError as error:
        raise InvalidDICOM(original, f"its copy cannot be written ({error.strerror})") from error


def can_be_blanked(dataset: Dataset, profile: Profile) -> bool:
    """Whether burned-in text is to be blanked, and it is known where the image is."""
    return "clean-pixels" in profile.options and has_regions(dataset)


def reason_to_leave_out(dataset: Dataset, profile: Profile) -> str:
    """Why no copy can be made without identity; empty if it can."""
    if can_be_blanked(dataset, profile):
        return ""
    if is_document(dataset):
        return DOCUMENT
    if dataset.get("BurnedInAnnotation") == "YES":
        return IDENTIFYING_SURFACE if "EncapsulatedDocument" in dataset else BURNED_IN
    return ""


def may_show_identity(dataset: Dataset) -> bool:
    """Whether a person should look at the pixels."""
    if "PixelData" not in dataset or dataset.get("BurnedInAnnotation") == "NO":
        return False
    return dataset.get("Modality") in OFTEN_BURNED_IN or dataset.get("ConversionType") in ("DF", "SD", "SI")


def _target(dataset: Dataset, folder: Path) -> Path:
    """Where a copy goes; UIDs are made of digits and dots, and the ID is ours."""
    return (
        folder
        / str(dataset.PatientID)
        / str(dataset.get("StudyInstanceUID") or "study")
        / str(dataset.get("SeriesInstanceUID") or "series")
        / f"{dataset.SOPInstanceUID}.dcm"
    )
