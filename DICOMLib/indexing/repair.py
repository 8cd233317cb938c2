"""Repair: files that are gone are looked for under new folders, and what cannot be found may be dropped.

Nothing is changed by `examine`; what it found is a preview, and `apply` does what the preview says.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import Progress
from DICOMLib.database import Changes, Database, relinking, storage
from DICOMLib.database.relinking import KnownFile
from DICOMLib.indexing.decode import decoded_values
from DICOMLib.indexing.importer import SCRATCH_PREFIX
from DICOMLib.indexing.read import SOP_INSTANCE_UID, read_header
from DICOMLib.indexing.reasons import UNREADABLE
from DICOMLib.indexing.scan import WantedTags
from DICOMLib.indexing.walk import found_files

STEP_FILES = "Looking for the files of the database"
STEP_ROOTS = "Looking for moved files"
_PROGRESS_EVERY = 500
# A copy that is being made belongs to an import that may still be running.
_LEFTOVER_AGE_S = 3600.0


@dataclass(slots=True)
class RepairPlan:
    """What is wrong with the files of a database, and what can be done.

    Parameters
    ----------
    files
        Number of files that are remembered.
    found
        SOP Instance UID → absolute path where the file of the instance is now.
    gone
        Files that are nowhere.
    unreferenced
        Absolute paths of copies in the database folder that belong to no instance.
    leftovers
        Absolute paths of what an import that was killed left in the database folder.
    unreadable
        Absolute paths of folders and files below the roots that cannot be read: what is gone may lie there.
    """

    files: int = 0
    found: dict[str, str] = field(default_factory=dict)
    gone: list[KnownFile] = field(default_factory=list)
    unreferenced: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether every instance has its file, and nothing else lies there."""
        return not (self.found or self.gone or self.unreferenced or self.leftovers)


def examine(
    database: Database, roots: Sequence[str | os.PathLike[str]] = ()
) -> Generator[Progress, None, RepairPlan]:
    """Look for the files of all instances, as a job; nothing is changed.

    Parameters
    ----------
    database
        Open.
    roots
        Folders to which files may have moved. They are known again by their SOP Instance UID.
    """
    plan = RepairPlan()
    total = database.counts()[3]
    missing: dict[str, KnownFile] = {}
    known, last = database.read(relinking.next_files, -1)
    while known:
        plan.files += len(known)
        for one in known:
            if not Path(database.absolute_path(one.stored_path)).is_file():
                missing[one.sop] = one
        yield Progress(plan.files, total, STEP_FILES)
        known, last = database.read(relinking.next_files, last)
    for second in database.second_files():
        path = database.absolute_path(second.stored_path)
        if second.sop in missing and Path(path).is_file():
            plan.found[second.sop] = path
    yield from _look_in(roots, missing, plan)
    plan.gone = [one for sop, one in missing.items() if sop not in plan.found]
    if database.directory is not None:
        plan.unreferenced = list(_unreferenced(database, set(plan.found.values())))
        plan.leftovers = list(_leftovers(database.directory))
    return plan


def _look_in(
    roots: Iterable[str | os.PathLike[str]], missing: dict[str, KnownFile], plan: RepairPlan
) -> Generator[Progress, None, None]:
    """Find missing files under `roots`."""
    wanted = WantedTags([SOP_INSTANCE_UID])
    for number, found in enumerate(found_files(roots)):
        if len(plan.found) == len(missing):
            return
        if number % _PROGRESS_EVERY == 0:
            yield Progress(len(plan.found), len(missing), STEP_ROOTS, found.path)
        if found.problem or not found.is_text:
            plan.unreadable += [found.path] if found.problem == UNREADABLE else []
            continue
        try:
            sop = decoded_values(read_header(found.path, wanted), wanted).get(SOP_INSTANCE_UID, "")
        except InvalidDICOM as error:
            plan.unreadable += [found.path] if error.reason == UNREADABLE else []
            continue
        if sop in missing:
            plan.found.setdefault(sop, found.path)


def _unreferenced(database: Database, found: set[str]) -> Iterable[str]:
    copies = f"{database.folder}/{storage.COPIES}"
    for folder, _folders, names in os.walk(copies):
        paths = [storage.clean(f"{folder}/{name}") for name in names if not name.endswith(storage.UNFINISHED)]
        names_of = {storage.internal_path(database.folder, path): path for path in paths}
        stored = {name: path for name, path in names_of.items() if storage.is_copy(name)}
        known = database.read(relinking.referenced_names, list(stored))
        yield from (path for name, path in stored.items() if name not in known and path not in found)


def _leftovers(folder: Path) -> Iterable[str]:
    now = time.time()
    for path in [
        *folder.glob(f"{SCRATCH_PREFIX}*"),
        *(folder / storage.COPIES).rglob(f"*{storage.UNFINISHED}"),
    ]:
        try:
            if now - path.stat().st_mtime > _LEFTOVER_AGE_S:
                yield str(path)
        except FileNotFoundError:  # the import that made it has ended
            continue


def apply(database: Database, plan: RepairPlan, *, drop: bool = False, tidy: bool = False) -> None:
    """Do what a plan says, in one transaction.

    Parameters
    ----------
    database
        The one that was examined.
    plan
        What `examine` found; files that have come or gone since then are looked at once more.
    drop
        Whether instances whose files are nowhere are forgotten.
    tidy
        Whether copies that belong to no instance, and what a killed import left, are deleted. Files outside
        the database folder are never deleted.

    Raises
    ------
    DatabaseUnavailable
        If the database cannot be written; nothing was changed.
    """
    paths = {
        sop: storage.internal_path(database.folder, storage.clean(path))
        for sop, path in plan.found.items()
        if Path(path).is_file()
    }
    gone = [one for one in plan.gone if not Path(database.absolute_path(one.stored_path)).is_file()]
    with database.transaction(Changes(), removing=True) as connections:
        relinking.relink(connections.main, paths)
        if drop:
            sops = [one.sop for one in gone]
            relinking.drop(connections.main, sops)
            database.store.remove(connections.cache, sops)
    if tidy and database.directory is not None:
        _delete(database.directory, [*plan.unreferenced, *plan.leftovers])


def _delete(folder: Path, paths: Iterable[str]) -> None:
    for path in paths:
        if not Path(path).is_relative_to(folder):
            continue
        if Path(path).is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            storage.remove_file(path, str(folder))
