"""The option --tag: DICOM keywords and tags whose values are cached."""

from __future__ import annotations

import argparse

from DICOMLib.standard.tags import tag_of


def add_tag_argument(parser: argparse.ArgumentParser, help_text: str) -> None:
    """The option --tag, which may be repeated; the tags are in `tags`."""
    parser.add_argument("--tag", dest="tags", type=_tag, action="append", default=[], help=help_text)


def _tag(name: str) -> str:
    try:
        return tag_of(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error} Say PatientName, or 0010,0010.") from error
