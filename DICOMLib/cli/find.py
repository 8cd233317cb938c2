"""Ask a peer what it has (C-FIND, QIDO-RS): patients, studies, series or instances, as JSON or as a table."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from DICOMLib.cli.argument_types import amount, matching_key
from DICOMLib.cli.exit_codes import INTERRUPTED, Misuse
from DICOMLib.cli.list_rows import table
from DICOMLib.cli.output import clean_stdout, print_json, tell
from DICOMLib.cli.peers import add_peer_arguments, peer_of, run_with_bar
from DICOMLib.core.jobs import Job
from DICOMLib.network.find import FindReport
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.query import RETURN_KEYS, identifier
from DICOMLib.standard.iso_moments import ISO
from DICOMLib.web.client.find import FindOptions
from DICOMLib.web.client.find import find as web_find
from DICOMLib.web.exchange import find

_LEVELS = {"patient": "PATIENT", "study": "STUDY", "series": "SERIES", "image": "IMAGE"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("level", choices=_LEVELS)
    parser.add_argument(
        "keys",
        type=matching_key,
        metavar="KEYWORD=VALUE",
        nargs="*",
        help=r"what to match: PatientName=DOE*, StudyDate=20240101-20241231, StudyInstanceUID=1.2\1.3",
    )
    add_peer_arguments(parser)
    parser.add_argument(
        "--return", dest="returned", metavar="KEYWORD", action="append", help="tell only these"
    )
    parser.add_argument("--limit", type=amount, default=0, metavar="N", help="take so many matches at most")
    parser.add_argument(
        "--fuzzy",
        action="store_true",
        help="also names that are only alike, as the server understands it; over DICOMweb",
    )
    parser.add_argument("--json", action="store_true", help="all answers as JSON")


def run(options: argparse.Namespace) -> int:
    """0 if the peer answered, also with nothing; 2 for a key that is none, 130 if it was interrupted."""
    level = _LEVELS[options.level]
    returned = options.returned or list(RETURN_KEYS[level])
    try:
        keys = dict(options.keys)
        identifier(level, keys, returned)
    except ValueError as error:
        raise Misuse(str(error)) from error
    with clean_stdout() as result:
        report = run_with_bar(_job(options, level, keys, returned))
        rows = [_row(match) for match in report.matches]
        if options.json:
            print_json({"matches": rows, "limited": report.limited, "cancelled": report.cancelled}, result)
        elif rows:
            result.write(table(rows, returned))
    if report.limited:
        tell("There may be more matches.")
    elif not rows and not report.cancelled:
        tell("Nothing matches.")
    return INTERRUPTED if report.cancelled else 0


def _job(
    options: argparse.Namespace, level: str, keys: dict[str, str], returned: list[str]
) -> Job[FindReport]:
    peer = peer_of(options)
    if not options.fuzzy:
        return find(peer, level, keys, returned, limit=options.limit)
    if not isinstance(peer, OriginServer):
        raise Misuse("--fuzzy needs a DICOMweb server (--url).")
    return web_find(peer, level, keys, returned, options=FindOptions(options.limit, fuzzy=True))


def _row(match: Dataset) -> dict[str, Any]:
    return {
        element.keyword: _plain(element.value, ISO.get(element.VR, str))
        for element in match
        if element.keyword and element.VR != "SQ" and element.keyword != "QueryRetrieveLevel"
    }


def _plain(value: Any, text_of: Callable[[str], str]) -> Any:
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        return "\\".join(text_of(str(one)) for one in value) or None
    return text_of(str(value)) or None
