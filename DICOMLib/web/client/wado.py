"""WADO-RS: instances to files as they come; frames, metadata and pictures (PS3.18 section 10.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import requests

from DICOMLib.core.errors import NetworkError, WebStatus
from DICOMLib.web.client.multipart import MultipartReader, Part, content_type
from DICOMLib.web.client.resources import METADATA, RENDERED, THUMBNAIL, resource_url
from DICOMLib.web.client.session import WebSession

# As they are stored; then in whatever encoding the server gives; then without multipart content.
INSTANCES = (
    'multipart/related; type="application/dicom"; transfer-syntax=*',
    'multipart/related; type="application/dicom"',
    "application/dicom; transfer-syntax=*",
)
_FRAMES = (
    'multipart/related; type="application/octet-stream"; transfer-syntax=*',
    'multipart/related; type="application/octet-stream"',
)
PICTURES = ("image/png", "image/jpeg")
_MOST_FRAME_BYTES = 1 << 30
_MOST_PICTURE_BYTES = 64 << 20
_UNREADABLE = frozenset((400, 406, 415))


def parts_of(session: WebSession, answer: requests.Response, kind: str) -> Iterator[Part]:
    """The parts of an answer, or the one that it is.

    Parameters
    ----------
    session
        Which has it.
    answer
        The answer, not read yet.
    kind
        Media type that is wanted.

    Raises
    ------
    NetworkError
        If it is something else, or broken.
    """
    found, boundary = content_type(answer.headers.get("Content-Type", ""))
    if found.startswith("multipart/") and boundary:
        yield from MultipartReader(session.body(answer), boundary)
    elif found == kind:
        yield Part(answer.headers, session.body(answer))
    elif answer.status_code != 204:
        raise NetworkError(
            f"{session.server.label} answers with {found or 'something'} where {kind} was asked for. Check "
            "its URL; it may also be a page that asks for a login."
        )


def instances(session: WebSession, *uids: str) -> Iterator[Part]:
    """The files of a study, series or instance, one after the other, in the transfer syntax of the server.

    Raises
    ------
    WebStatus, PeerAborted, NetworkError
        If they do not come, or not to the end.
    """
    url = resource_url(session.server, *uids)
    yield from _first_readable(session, url, INSTANCES, "application/dicom")


def frames(session: WebSession, uids: tuple[str, str, str], numbers: Sequence[int]) -> list[bytes]:
    """Pixel data of frames, encoded as the server has them.

    Parameters
    ----------
    session
        See `WebSession`.
    uids
        Study, Series and SOP Instance UID.
    numbers
        Of the frames, from 1, in ascending order.
    """
    url = resource_url(session.server, *uids, frames=tuple(numbers))
    parts = _first_readable(session, url, _FRAMES, "application/octet-stream")
    return [part.read(_MOST_FRAME_BYTES) for part in parts]


def metadata(session: WebSession, *uids: str) -> list[dict[str, Any]]:
    """All that is told of the instances of a study or series, without their pixels (PS3.18 annex F)."""
    return session.get_json(resource_url(session.server, *uids, suffix=METADATA))


def _first_readable(session: WebSession, url: str, accepted: Sequence[str], kind: str) -> Iterator[Part]:
    """The parts of the first answer that the server can give."""
    for accept in accepted:
        try:
            with session.get(url, accept) as answer:
                yield from parts_of(session, answer, kind)
        except WebStatus as error:
            if error.code not in _UNREADABLE or accept == accepted[-1]:
                raise
        else:
            return


def thumbnail(session: WebSession, uids: tuple[str, str, str], side: int = 256) -> bytes:
    """A small picture of an instance that is not here, rendered by the server.

    It blocks until the picture is here, so it is called from a worker thread.

    Parameters
    ----------
    session
        See `WebSession`; the same for many pictures spares a connection for each.
    uids
        Study, Series and SOP Instance UID.
    side
        Most pixels of each side; a server may send a larger picture.

    Returns
    -------
    bytes
        A PNG or JPEG file.

    Raises
    ------
    NetworkError
        If the server is not reached, or renders no picture of it.
    """
    size = {"viewport": f"{side},{side}"}
    try:
        return _picture(session, resource_url(session.server, *uids, suffix=THUMBNAIL), size)
    except WebStatus as error:
        if error.code not in (400, 404, 405, 406, 501):
            raise
    return _picture(session, resource_url(session.server, *uids, suffix=RENDERED), size)


def rendered(
    session: WebSession, uids: tuple[str, str, str], frame: int = 0, viewport: tuple[int, int] | None = None
) -> bytes:
    """A PNG or JPEG file of an instance, or of one of its frames (from 1), not larger than `viewport`."""
    size = {"viewport": f"{viewport[0]},{viewport[1]}"} if viewport else {}
    numbers = (frame,) if frame else ()
    return _picture(session, resource_url(session.server, *uids, frames=numbers, suffix=RENDERED), size)


def _picture(session: WebSession, url: str, size: dict[str, str]) -> bytes:
    for accept in PICTURES:
        try:
            with session.get(url, accept, size) as answer:
                return _picture_of(session, answer)
        except WebStatus as error:
            if error.code not in _UNREADABLE or accept == PICTURES[-1]:
                raise
    return b""


def _picture_of(session: WebSession, answer: requests.Response) -> bytes:
    kind, _boundary = content_type(answer.headers.get("Content-Type", ""))
    if not kind.startswith(("image/", "multipart/")):
        raise NetworkError(f"{session.server.label} answers with {kind or 'something'} instead of a picture.")
    part = next(parts_of(session, answer, kind), None)
    return part.read(_MOST_PICTURE_BYTES) if part is not None else b""
