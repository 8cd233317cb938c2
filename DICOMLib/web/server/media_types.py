"""What a client accepts (PS3.18 section 8.7): media types, those of the parts, transfer syntaxes."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

DICOM, DICOM_JSON, JSON = "application/dicom", "application/dicom+json", "application/json"
DICOM_XML = "application/dicom+xml"
OCTETS = "application/octet-stream"
ANY = "*/*"

# Neither pattern can match a text in more than one way, so that no header takes long.
_ITEMS = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PARAMETERS = re.compile(r'([^;="]+)=\s*("(?:[^"\\]|\\.)*"|[^;"]*)')


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One of the things that a client accepts.

    Parameters
    ----------
    media_type
        In lower case; of a multipart message that of its parts.
    multipart
        Whether it shall be in parts.
    transfer_syntax
        UID; "*" for any, "" for the default.
    quality
        How much it is wanted, 0 to 1.
    """

    media_type: str
    multipart: bool = False
    transfer_syntax: str = ""
    quality: float = 1.0

    def covers(self, media_type: str) -> bool:
        """Whether it means a media type."""
        return self.media_type in (ANY, media_type, f"{media_type.partition('/')[0]}/*")


def media_ranges(text: str) -> list[MediaRange]:
    """What a text such as an Accept header names, the most wanted first; what is none is left out."""
    found = [_media_range(item) for item in _ITEMS.findall(text)]
    return sorted((one for one in found if one and one.quality > 0), key=lambda one: -one.quality)


def _media_range(text: str) -> MediaRange | None:
    name, parameters = parsed_media_type(text)
    if not re.fullmatch(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+", name):
        return None
    try:
        quality = min(1.0, max(0.0, float(parameters.get("q", 1))))
    except ValueError:
        quality = 1.0
    syntax = parameters.get("transfer-syntax", "")
    if name == "multipart/related":
        return MediaRange(parameters.get("type", ANY).lower(), True, syntax, quality)
    return MediaRange(name, False, syntax, quality)


def parsed_media_type(text: str) -> tuple[str, dict[str, str]]:
    """Media type in lower case, and its parameters."""
    name, _semicolon, rest = text.partition(";")
    parameters = {
        key.strip().lower(): re.sub(r"\\(.)", r"\1", value.strip().strip('"'))
        for key, value in _PARAMETERS.findall(rest)
    }
    return name.strip().lower(), parameters


def accepted(request: Request) -> list[MediaRange]:
    """What the client of a request accepts; the query parameter comes before the header."""
    text = request.query_params.get("accept", "").replace("+json", " json").replace(" json", "+json")
    return media_ranges(text or request.headers.get("accept", "") or ANY)


def wants_xml(request: Request) -> bool:
    """Whether metadata are wanted as XML, in parts, rather than as JSON.

    Raises
    ------
    HTTPException
        406 if the client takes neither.
    """
    for one in accepted(request):
        if one.multipart and one.covers(DICOM_XML):
            return True
        if not one.multipart and (one.covers(DICOM_JSON) or one.covers(JSON)):
            return False
    raise HTTPException(
        406, f'This resource is offered as {DICOM_JSON} and multipart/related; type="{DICOM_XML}" only.'
    )


def require_json(request: Request) -> None:
    """Raise 406 if the client does not take JSON."""
    if not any(
        not one.multipart and (one.covers(DICOM_JSON) or one.covers(JSON)) for one in accepted(request)
    ):
        raise HTTPException(406, "This resource is offered as application/dicom+json only.")


def wanted_image(request: Request, offered: Collection[str]) -> str:
    """The first of some media types of images that the client takes.

    Raises
    ------
    HTTPException
        406 if it takes none.
    """
    for one in accepted(request):
        for media_type in offered:
            if one.covers(media_type):
                return media_type
    raise HTTPException(406, f"This resource is offered as {' or '.join(offered)} only.")
