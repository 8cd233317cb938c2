"""WADO-RS: frames and bulk data (PS3.18 sections 10.4.1.1.5 and 10.4.1.1.6)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from pydicom.dataset import Dataset
from pydicom.tag import Tag
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.network.models import EXPLICIT_LITTLE_ENDIAN
from DICOMLib.web.server.frames import Frames, frame_numbers
from DICOMLib.web.server.json_model import PIXELS, UNREADABLE, Header
from DICOMLib.web.server.media_types import ANY, OCTETS, MediaRange, accepted
from DICOMLib.web.server.parts import Part, multipart, single
from DICOMLib.web.server.targets import file_for, root_url

_TAG = re.compile("[0-9A-Fa-f]{8}")
_NOT_SO = "These pixels cannot be given in a media type and transfer syntax that is asked for."


def frames(request: Request) -> Response:
    """Some frames of an instance, one part for each."""
    pixels = Frames(file_for(request))
    numbers = frame_numbers(request.path_params["frames"], pixels.count)
    return _pixels(request, pixels, numbers)


def bulk_data(request: Request) -> Response:
    """The value of an element that the metadata tell by URL."""
    path = request.path_params["path"].split("/")
    file = file_for(request)
    if len(path) == 1 and _TAG.fullmatch(path[0]) and int(path[0], 16) in PIXELS:
        pixels = Frames(file)
        return _pixels(request, pixels, range(1, pixels.count + 1), whole=True)
    ranges = [one for one in accepted(request) if one.covers(OCTETS)]
    if not ranges:
        raise HTTPException(406, f"Bulk data are offered as {OCTETS} only.")
    value = _value(Header(file.path).dataset, path)
    part = Part(OCTETS, [value], _location(request))
    return multipart([part], OCTETS) if _in_parts(ranges[0]) else single(part, len(value))


def _value(dataset: Dataset, path: Sequence[str]) -> bytes:
    """A binary value: by its tag, or below sequences by tags and places of items."""
    try:
        for tag, place in zip(path[:-1:2], path[1::2], strict=True):
            if not (place.isascii() and place.isdecimal()):
                raise KeyError(place)
            dataset = dataset[Tag(int(tag, 16))].value[int(place)]
        value = dataset[Tag(int(path[-1], 16))].value
    except (*UNREADABLE, IndexError) as error:
        raise HTTPException(404, "There is no such element in this instance.") from error
    if not isinstance(value, bytes):
        raise HTTPException(404, "This element is no bulk data; its value is in the metadata.")
    return value


def _pixels(request: Request, pixels: Frames, numbers: Sequence[int], whole: bool = False) -> Response:
    """Frames as the client takes them; all of them in one part if they are wanted as a `whole`."""
    wanted, media_type, decoded = _chosen(accepted(request), pixels, len(numbers) == 1 or whole)
    syntax = EXPLICIT_LITTLE_ENDIAN if decoded or pixels.is_native else pixels.syntax
    full_type = f"{media_type}; transfer-syntax={syntax}"
    read = pixels.decoded if decoded else pixels.stored
    try:
        first = read(numbers[0])
    except InvalidDICOM as error:
        raise HTTPException(406, f"{_NOT_SO} The first of them: {error.reason}.") from error
    contents = itertools.chain([first], map(read, numbers[1:]))
    url = _location(request)
    if not _in_parts(wanted):
        return single(Part(full_type, contents, url))
    if whole and syntax == EXPLICIT_LITTLE_ENDIAN:
        return multipart([Part(full_type, contents, url)], media_type)
    return multipart(_parts(full_type, contents, url), media_type)


def _parts(media_type: str, contents: Iterator[bytes], url: str) -> Iterator[Part]:
    for content in contents:
        yield Part(media_type, [content], url)


def _chosen(
    ranges: Sequence[MediaRange], pixels: Frames, may_be_single: bool
) -> tuple[MediaRange, str, bool]:
    """What is answered to, the media type, and whether the pixels are decoded; 406 if nothing fits."""
    for wanted in ranges:
        if not (_in_parts(wanted) or may_be_single):
            continue
        syntax = wanted.transfer_syntax
        as_stored = syntax == "*" or (syntax == pixels.syntax and not pixels.is_native)
        if wanted.covers(OCTETS) and not as_stored and syntax in ("", EXPLICIT_LITTLE_ENDIAN):
            if pixels.is_decodable:
                return wanted, OCTETS, True
        elif wanted.covers(OCTETS) and as_stored:
            known = wanted.media_type == ANY
            return wanted, pixels.media_type if known else OCTETS, pixels.is_native
        elif not pixels.is_native and wanted.covers(pixels.media_type) and (as_stored or not syntax):
            return wanted, pixels.media_type, False
    raise HTTPException(406, _NOT_SO)


def _in_parts(wanted: MediaRange) -> bool:
    return wanted.multipart or wanted.media_type == ANY


def _location(request: Request) -> str:
    return root_url(request).removesuffix(request.app.state.services.root) + request.url.path
