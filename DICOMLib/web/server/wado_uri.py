"""WADO-URI: one object by query parameters (PS3.18 section 9)."""

from __future__ import annotations

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from DICOMLib.network.models import EXPLICIT_LITTLE_ENDIAN
from DICOMLib.web.server.frames import Frames, frame_numbers
from DICOMLib.web.server.json_model import Header
from DICOMLib.web.server.media_types import DICOM, media_ranges
from DICOMLib.web.server.rendered import FORMATS, View, image, whole_number, window_of
from DICOMLib.web.server.services import services_of
from DICOMLib.web.server.targets import found_files, target_of
from DICOMLib.web.server.wado import chosen_syntax, single_file

_NAMES = {"studyUID": "study", "seriesUID": "series", "objectUID": "instance"}
_SIDE = 8192


def retrieve_object(request: Request) -> Response:
    """The object, as a file or as a picture."""
    given = request.query_params
    if given.get("requestType") != "WADO":
        raise HTTPException(400, "requestType=WADO is needed (PS3.18 section 9.4.1).")
    if given.get("anonymize"):
        raise HTTPException(400, "anonymize is not offered; the command deidentify makes such copies.")
    missing = [name for name in _NAMES if not given.get(name)]
    if missing:
        raise HTTPException(400, f"{', '.join(missing)} is needed.")
    services = services_of(request)
    services.settle()
    target = target_of({_NAMES[name]: given[name] for name in _NAMES})
    file = found_files(services, target).files[0]
    for media_type in _wanted(given, file.path):
        if media_type == DICOM:
            syntax = chosen_syntax(file, [given.get("transferSyntax") or EXPLICIT_LITTLE_ENDIAN])
            if not syntax:
                raise HTTPException(406, "The object cannot be given in this transferSyntax.")
            return single_file(request, file, syntax)
        if media_type in FORMATS:
            [number, *_] = frame_numbers(given.get("frameNumber") or "1", Frames(file).count)
            return image(file, number, _view(given), media_type)
    raise HTTPException(406, f"contentType is one of {DICOM}, {', '.join(FORMATS)}.")


def _wanted(given: QueryParams, path: str) -> list[str]:
    """Media types, the most wanted first; by default a picture of single frames, and a file of all else."""
    text = given.get("contentType", "").replace(" ", "+")
    if text:
        wanted = [one.media_type for one in media_ranges(text)]
        return [media_type for one in wanted for media_type in ([DICOM] if one == "*/*" else [one])]
    header = Header(path)
    is_image = header.pixels is not None and str(header.dataset.get("NumberOfFrames") or 1) == "1"
    return ["image/jpeg" if is_image else DICOM]


def _view(given: QueryParams) -> View:
    window = None
    if given.get("windowCenter") or given.get("windowWidth"):
        window = window_of(given.get("windowCenter", ""), given.get("windowWidth", ""))
    columns, rows = (
        whole_number(given.get(name) or str(_SIDE), name, 1, _SIDE) for name in ("columns", "rows")
    )
    quality = whole_number(given.get("imageQuality") or "90", "imageQuality", 1, 100)
    return View(window, (columns, rows), quality=quality)
