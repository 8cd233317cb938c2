"""Links that ask the viewer for a study, such as scheme://viewer/?studyUID=…&dicomweb_endpoint=…."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

AUTHORITY = "viewer"


def viewer_request(link: str) -> dict[str, Any] | None:
    """What a link asks for, as arguments of `importFromDICOMWeb`; None for one that is not for the viewer.

    Values are decoded twice, for servers write them encoded into a link that is encoded as a whole.
    """
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    if parts.netloc.lower() != AUTHORITY:
        return None
    values = {key: unquote(texts[0]) for key, texts in parse_qs(parts.query).items()}
    if not values.get("studyUID") or not values.get("dicomweb_endpoint"):
        return None
    return {
        "dicomWebEndpoint": values["dicomweb_endpoint"],
        "studyInstanceUID": values["studyUID"],
        "accessToken": values.get("access_token"),
        "bulkRetrieve": _positive(values.get("bulk_retrieve", "1")),
    }


def _positive(text: str) -> bool:
    return text.isdigit() and int(text) > 0
