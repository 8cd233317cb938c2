"""Images to look at: rendered instances and frames, thumbnails (PS3.18 section 10.4.1.1)."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from PIL import Image
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from DICOMLib.core.errors import InvalidDICOM, log_failure
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.network.outgoing import OutgoingFile
from DICOMLib.standard.preview import picture
from DICOMLib.standard.transfer_syntaxes import is_decodable
from DICOMLib.web.server.frames import Frames, frame_numbers
from DICOMLib.web.server.json_model import UNREADABLE, Header
from DICOMLib.web.server.media_types import wanted_image
from DICOMLib.web.server.parts import Part, multipart
from DICOMLib.web.server.services import log
from DICOMLib.web.server.targets import file_for, files_for, url_of

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
_MAX_SIDE = 8192
_THUMBNAIL = 128


@dataclass(frozen=True, slots=True)
class View:
    """How to look at an image.

    Parameters
    ----------
    window
        Centre and width of the grey values; None for those of the image.
    size
        Most columns and rows; the image keeps its proportions.
    region
        Left, top, width and height of what is shown, in pixels of the image; zeros for the rest of it.
    quality
        Of JPEG, 1 to 100.
    """

    window: tuple[float, float] | None = None
    size: tuple[int, int] = (_MAX_SIDE, _MAX_SIDE)
    region: tuple[int, int, int, int] = (0, 0, 0, 0)
    quality: int = 90


def rendered(request: Request) -> Response:
    """An instance, or one frame of it."""
    file = file_for(request)
    numbers = frame_numbers(request.path_params.get("frames", "1"), Frames(file).count)
    if len(numbers) > 1:
        raise HTTPException(406, "Frames are rendered one at a time.")
    return image(file, numbers[0], _view(request.query_params), wanted_image(request, FORMATS))


def rendered_all(request: Request) -> Response:
    """The images of a study or series, one part for each instance: what `rendered` gives of it.

    What is no image has no part; an image that turns out to be damaged has none either.
    """
    view = _view(request.query_params)
    media_type = wanted_image(request, FORMATS)
    found = files_for(request)
    files = [file for file in found.files if is_decodable(file.transfer_syntax)]
    parts = _rendered_parts(request, files, view, media_type)
    first = next(parts, None)
    if first is None:
        raise HTTPException(404, "There are no pixels here, or none that can be rendered.")
    missing = found.missing + len(found.files) - len(files)
    return multipart(itertools.chain([first], parts), media_type, missing)


def _rendered_parts(
    request: Request, files: list[OutgoingFile], view: View, media_type: str
) -> Iterator[Part]:
    given = [(name, text) for name, text in request.query_params.multi_items() if name != "accept"]
    query = f"?{urlencode(given)}" if given else ""
    for file in files:
        try:
            if Header(file.path).pixels is not None:
                url = url_of(request, file.study, file.series, file.sop_instance)
                yield Part(media_type, [_drawn(file, 1, view, media_type)], f"{url}/rendered{query}")
        except InvalidDICOM as error:
            log_failure(log, "an image cannot be rendered", error)


def thumbnail(request: Request) -> Response:
    """A small picture of a study, series, instance or frame: of the middle of what has pixels."""
    view = _view(request.query_params, (_THUMBNAIL, _THUMBNAIL))
    media_type = wanted_image(request, FORMATS)
    files = files_for(request).files
    middle = len(files) // 2
    for file in [*files[middle:], *files[:middle]]:
        if Header(file.path).pixels is None:
            continue
        count = Frames(file).count
        asked = request.path_params.get("frames")
        number = frame_numbers(asked, count)[0] if asked else count // 2 + 1
        return image(file, number, view, media_type)
    raise HTTPException(404, "There are no pixels to make a picture of.")


def image(file: OutgoingFile, number: int, view: View, media_type: str) -> Response:
    """A frame as it is to be looked at.

    Raises
    ------
    HTTPException
        406 if it cannot be decoded.
    """
    try:
        return Response(_drawn(file, number, view, media_type), media_type=media_type)
    except InvalidDICOM as error:
        raise HTTPException(406, "This image cannot be rendered: its pixels cannot be decoded.") from error


def _drawn(file: OutgoingFile, number: int, view: View, media_type: str) -> bytes:
    """A frame as a picture; InvalidDICOM if it cannot be decoded."""
    header = Header(file.path).dataset
    try:
        with no_warnings:
            if view.window is not None:
                header.WindowCenter, header.WindowWidth = view.window
            shown = Image.fromarray(picture(Frames(file).pixels(number), header, size=1 << 16))
    except UNREADABLE as error:
        raise InvalidDICOM(file.path, "the image cannot be rendered") from error
    content = io.BytesIO()
    _cut(shown, view).save(content, FORMATS[media_type], quality=view.quality)
    return content.getvalue()


def _cut(shown: Image.Image, view: View) -> Image.Image:
    left, top, width, height = view.region
    if any(view.region):
        right = left + width if width else shown.width
        bottom = top + height if height else shown.height
        box = (min(left, shown.width - 1), min(top, shown.height - 1), right, bottom)
        shown = shown.crop((*box[:2], min(right, shown.width), min(bottom, shown.height)))
    scale = min(view.size[0] / shown.width, view.size[1] / shown.height)
    if view.size != (_MAX_SIDE, _MAX_SIDE) or scale < 1:
        size = (max(1, round(shown.width * scale)), max(1, round(shown.height * scale)))
        shown = shown.resize(size, Image.Resampling.BILINEAR)
    return shown


def _view(given: QueryParams, size: tuple[int, int] = (_MAX_SIDE, _MAX_SIDE)) -> View:
    """The parameters of a rendered resource (PS3.18 section 8.3.5); 400 for what is none of them."""
    window = None
    if given.get("window"):
        parts = given["window"].split(",")
        if len(parts) not in (2, 3) or (len(parts) == 3 and parts[2].lower() not in ("linear", "")):
            raise HTTPException(400, "window is centre,width,linear; other functions are not offered.")
        window = window_of(parts[0], parts[1])
    region = (0, 0, 0, 0)
    if given.get("viewport"):
        numbers = [whole_number(text or "0", "viewport", 0, 1 << 20) for text in given["viewport"].split(",")]
        if len(numbers) not in (2, 6) or not (0 < numbers[0] <= _MAX_SIDE and 0 < numbers[1] <= _MAX_SIDE):
            raise HTTPException(
                400, f"viewport is columns,rows up to {_MAX_SIDE}, or these,x,y,width,height."
            )
        size = numbers[0], numbers[1]
        region = (*numbers[2:],) if len(numbers) == 6 else region  # type: ignore[assignment]
    return View(window, size, region, whole_number(given.get("quality") or "90", "quality", 1, 100))


def window_of(center: str, width: str) -> tuple[float, float]:
    """A window from two texts; 400 if they are no numbers, or the width is less than 1."""
    try:
        window = float(center), float(width)
    except ValueError as error:
        raise HTTPException(400, "A window is two numbers: its centre and its width.") from error
    if not (abs(window[0]) < 1e9 and 1 <= window[1] < 1e9):
        raise HTTPException(400, "A window has a finite centre, and a width of 1 or more.")
    return window


def whole_number(text: str, name: str, least: int, most: int) -> int:
    """A whole number within limits; 400 for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and least <= int(text) <= most):
        raise HTTPException(400, f"{name} is a whole number from {least} to {most}.")
    return int(text)
