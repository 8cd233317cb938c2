"""Find files of the database that were moved or are gone; show what can be done, and do it if told to.

Without --apply nothing is changed.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from DICOMLib.cli.databases import add_database_argument, existing_database
from DICOMLib.cli.output import ProgressBar, clean_stdout, print_json, tell
from DICOMLib.core.errors import DICOMError
from DICOMLib.core.jobs import run as run_job
from DICOMLib.database import Database
from DICOMLib.indexing.repair import RepairPlan, apply, examine

_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    add_database_argument(parser)
    parser.add_argument(
        "--root",
        metavar="DIR",
        action="append",
        default=[],
        help="folder to which files may have moved; may be given more than once",
    )
    parser.add_argument("--apply", action="store_true", help="link the files that were found")
    parser.add_argument("--drop", action="store_true", help="with --apply: forget instances without a file")
    parser.add_argument(
        "--tidy",
        action="store_true",
        help="with --apply: delete copies in the database folder that belong to nothing",
    )
    parser.add_argument("--json", action="store_true", help="write what was found as JSON")


def run(options: argparse.Namespace) -> int:
    """0 if every instance has its file (now), 1 if not."""
    _check_roots(options.root)
    with clean_stdout() as result, existing_database(options.database) as database:
        bar = ProgressBar()
        plan = run_job(examine(database, options.root), bar)
        bar.close()
        drop = options.drop and not plan.unreadable
        if options.apply:
            apply(database, plan, drop=drop, tidy=options.tidy)
        document = as_document(database, plan)
        if options.json:
            print_json({**document, "applied": options.apply}, result)
        else:
            result.write(as_text(document, _done(options, drop=drop)))
    if not options.apply and (options.drop or options.tidy):
        tell(f"Nothing was changed: {'--drop' if options.drop else '--tidy'} needs --apply beside it.")
    solved_files = options.apply or not plan.found
    if options.drop and plan.gone and not drop:
        tell(
            "Nothing was forgotten: what is gone may lie where nothing can be read. Get permission, or leave "
            "those folders out of --root."
        )
    solved_gone = not plan.gone or (options.apply and drop)
    return 0 if solved_files and solved_gone else 1


def _check_roots(roots: Iterable[str]) -> None:
    """Refuse folders that cannot be looked into: what may lie there would be taken for lost."""
    for root in roots:
        if not root or not Path(root).is_dir():
            raise DICOMError(f"There is no folder {root!r}, so nothing was looked for or changed.")
        if not os.access(root, os.R_OK | os.X_OK):
            raise DICOMError(f"The folder {root!r} cannot be read, so nothing was looked for or changed.")


def _done(options: argparse.Namespace, *, drop: bool) -> dict[str, str]:
    """What was done with each kind of finding; those are left out with which nothing was done."""
    if not options.apply:
        return {}
    done = {"found": "linked"}
    if drop:
        done["gone"] = "forgotten"
    if options.tidy:
        done |= {"unreferenced": "deleted", "leftovers": "deleted"}
    return done


def as_document(database: Database, plan: RepairPlan) -> dict[str, Any]:
    """The plan for programs."""
    return {
        "files": plan.files,
        "found": [{"sop": sop, "path": path} for sop, path in plan.found.items()],
        "gone": [
            {"sop": one.sop, "series": one.series, "path": database.absolute_path(one.stored_path)}
            for one in plan.gone
        ],
        "unreferenced": plan.unreferenced,
        "leftovers": plan.leftovers,
        "unreadable": plan.unreadable,
        "set aside": [database.absolute_path(one.stored_path) for one in database.second_files()],
    }


def as_text(document: dict[str, Any], done: dict[str, str]) -> str:
    """The plan for people: what was found, and what was done or is to be done with it."""
    lines = [f"{document['files']} files are remembered."]
    for name, title, advice in (
        ("found", "were moved", "--apply links them"),
        ("gone", "are gone", "--root DIR looks for them, --apply --drop forgets them"),
        (
            "unreferenced",
            "copies belong to no instance",
            "--apply --tidy deletes them, an import keeps them",
        ),
        ("leftovers", "were left by an import that was killed", "--apply --tidy deletes them"),
        ("unreadable", "cannot be read", "files that moved there are not found"),
        ("set aside", "are second files of an instance, with other content", "compare them with the first"),
    ):
        entries = document[name]
        if not entries:
            continue
        lines.append(f"{len(entries)} {title} ({done.get(name, advice)}):")
        shown = [entry if isinstance(entry, str) else entry["path"] for entry in entries[:_SHOWN]]
        lines += [f"  {path}" for path in shown]
        lines += [f"  … and {len(entries) - _SHOWN} more"] if len(entries) > _SHOWN else []
    if len(lines) == 1:
        lines.append("All of them are there.")
    return "\n".join(lines) + "\n"
