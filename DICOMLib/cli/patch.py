"""Repair DICOM files that break the Standard: write patched copies of a folder to another one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from DICOMLib.cli.exit_codes import Misuse
from DICOMLib.cli.output import ProgressBar, clean_stdout, print_json
from DICOMLib.cli.places import folder_to_fill, writable_folder
from DICOMLib.core.errors import DICOMError
from DICOMLib.core.jobs import run as run_job

if TYPE_CHECKING:
    from DICOMLib.patching.engine import PatchReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    from DICOMLib.patching import RULES

    names = [rule.__name__ for rule in RULES]
    parser.add_argument("input", metavar="INPUT", help="folder with the files; they are not changed")
    parser.add_argument("output", metavar="OUTPUT", help="folder for the patched copies")
    parser.add_argument(
        "--rule",
        metavar="NAME",
        action="append",
        choices=names,
        help=f"rule to apply instead of the default ones, may be repeated: {', '.join(names)}",
    )
    parser.add_argument(
        "--also",
        metavar="NAME",
        action="append",
        choices=names,
        default=[],
        help="rule to apply beside the default ones, such as Anonymize; may be repeated",
    )
    parser.add_argument("--character-set", metavar="NAME", help="for the rule UseCharacterSet")
    parser.add_argument("--json", action="store_true", help="write what was done as JSON")


def run(options: argparse.Namespace) -> int:
    """0 if no file failed, 1 if one did or there is no such folder, 2 for folders or rules that cannot be."""
    from DICOMLib.indexing.report import grouped, lines_for_people
    from DICOMLib.patching import RULES, patch_folder

    _check_input(options.input)
    wanted = {*(options.rule or []), *options.also}
    parameters = {"CharacterSet": options.character_set}
    rules = [
        rule(parameters)
        for rule in RULES
        if rule.__name__ in wanted or rule.always_applied or (rule.enabled_by_default and not options.rule)
    ]
    bar = ProgressBar()
    with clean_stdout() as result:
        try:
            job = patch_folder(options.input, options.output, rules)
            with folder_to_fill(options.output) as folder:
                writable_folder(folder)
                report = run_job(job, bar)
        except (ValueError, RuntimeError) as error:
            raise Misuse(str(error)) from error
        bar.close()
        if options.json:
            print_json(_as_document(report), result)
        else:
            counts = (len(report.written), len(report.skipped), len(report.failed))
            result.write("{} written, {} skipped, {} failed.\n".format(*counts))
            account = [*grouped(report.failed), *grouped(report.skipped)]
            result.writelines(f"{line}\n" for line in lines_for_people(account))
    return 1 if report.failed else 0


def _check_input(folder: str) -> None:
    """Refuse what is no folder."""
    from DICOMLib.indexing.archives import is_archive

    if Path(folder).is_dir():
        return
    if is_archive(folder):
        raise DICOMError(f"{folder} is a zip archive. Unpack it, then patch the folder of its files.")
    if Path(folder).exists():
        raise DICOMError(f"{folder} is no folder. Give the folder in which it lies.")
    raise DICOMError(f"There is no folder {folder}.")


def _as_document(report: PatchReport) -> dict[str, Any]:
    """What was done, for programs."""
    return {
        "written": report.written,
        "skipped": [{"path": path, "reason": reason} for path, reason in report.skipped],
        "failed": [{"path": path, "reason": reason} for path, reason in report.failed],
    }
