"""QIDO-RS, the search for studies, series and instances (PS3.18 section 10.6)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from DICOMLib.archive.elements import element_of
from DICOMLib.archive.keys import COLUMNS, InvalidQuery
from DICOMLib.archive.query_answers import Matching, answers
from DICOMLib.database.entities import LEVELS, TABLES
from DICOMLib.standard.tags import tag_number, tag_of, tag_text, vr_of
from DICOMLib.web.server.json_model import json_array, json_of
from DICOMLib.web.server.media_types import DICOM_JSON, require_json
from DICOMLib.web.server.services import services_of
from DICOMLib.web.server.targets import target_of, url_of


def _words(text: str) -> list[str]:
    return text.split()


# Told without being asked for (PS3.18 tables 10.6.3-3 to 10.6.3-5), besides the unique keys.
_STUDY = _words(
    "SpecificCharacterSet StudyDate StudyTime AccessionNumber InstanceAvailability ModalitiesInStudy "
    "ReferringPhysicianName PatientName PatientID PatientBirthDate PatientSex StudyInstanceUID StudyID "
    "StudyDescription NumberOfStudyRelatedSeries NumberOfStudyRelatedInstances"
)
_SERIES = _words(
    "SpecificCharacterSet Modality InstanceAvailability SeriesDescription SeriesInstanceUID SeriesNumber "
    "SeriesDate SeriesTime NumberOfSeriesRelatedInstances PerformedProcedureStepStartDate "
    "PerformedProcedureStepStartTime RequestAttributesSequence"
)
_INSTANCE = _words(
    "SpecificCharacterSet SOPClassUID SOPInstanceUID InstanceAvailability InstanceNumber Rows Columns "
    "BitsAllocated NumberOfFrames"
)
_DEFAULTS = {"STUDY": _STUDY, "SERIES": _SERIES, "IMAGE": _INSTANCE}
_LEVELS = {"studies": "STUDY", "series": "SERIES", "instances": "IMAGE"}
# Matching of empty and of several values needs not be asked for.
_FLAGS = ("fuzzymatching", "emptyvaluematching", "multiplevaluematching")
_NO_KEYS = frozenset(("limit", "offset", "includefield", "accept", "charset", *_FLAGS))
# Kinds of values without commas: viewers write several of them so, as in ModalitiesInStudy=CT,MR.
_LISTED = frozenset(("UI", "CS", "DA", "TM", "AS", "IS", "DS"))
_HEX = re.compile("[0-9A-Fa-f]{8}")


def search(request: Request) -> Response:
    """Answer to a search at any level."""
    require_json(request)
    services = services_of(request)
    level = _LEVELS[request.url.path.rstrip("/").rpartition("/")[2]]
    given = request.query_params
    identifier = _identifier(request, level)
    limit = min(_number(given, "limit", services.max_answers), services.max_answers)
    matching = Matching(
        fuzzy=_flags(given)["fuzzymatching"],
        combined=True,
        limit=limit + 1,
        offset=_number(given, "offset", 0),
    )
    services.settle()
    try:
        found = list(answers(services.database, level, identifier, matching))
    except InvalidQuery as error:
        raise HTTPException(400, str(error)) from error
    headers = {}
    if len(found) > limit:
        headers["Warning"] = '299 slicer-dicom "There are more results; ask for them with offset"'
    if not found[:limit]:
        return Response(status_code=204, headers=headers)
    body = b"".join(json_array(_models(request, level, found[:limit])))
    return Response(body, 200, headers, DICOM_JSON)


def _models(request: Request, level: str, found: list[Dataset]) -> Iterator[dict[str, Any]]:
    for answer in found:
        del answer.QueryRetrieveLevel
        uids = [answer.get(name, "") for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")]
        answer.RetrieveURL = url_of(request, *map(str, uids[: LEVELS.index(level)]))
        yield json_of(answer)


def _number(given: QueryParams, name: str, default: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise HTTPException(400, f"{name} is a number of results, such as {name}=100.")
    return int(text)


def _flags(given: QueryParams) -> dict[str, bool]:
    """How to match."""
    texts = {name: given.get(name, "false").lower() for name in _FLAGS}
    for name, text in texts.items():
        if text not in ("true", "false"):
            raise HTTPException(400, f"{name} is true or false.")
    return {name: text == "true" for name, text in texts.items()}


def _identifier(request: Request, level: str) -> Dataset:
    """The query as keys of C-FIND; what the URL names comes before what the parameters say."""
    scope = target_of(request.path_params).identifier if request.path_params else Dataset()
    identifier = Dataset()
    names = list(_DEFAULTS[level])
    if level != "STUDY" and "StudyInstanceUID" not in scope:
        names += _STUDY
    if level == "IMAGE" and "SeriesInstanceUID" not in scope:
        names += _SERIES
    for name in names:
        _add(identifier, [tag_of(name)], "")
    for name in _fields(request.query_params):
        for path in _all_of(level) if name == "all" else [_path(name)]:
            _add(identifier, path, "")
    for name in request.query_params:
        if name not in _NO_KEYS:
            given = filter(None, request.query_params.getlist(name))  # again and again for several values
            _add(identifier, _path(name), "\\".join(given))
    identifier.update(scope)
    return identifier


def _fields(given: QueryParams) -> list[str]:
    listed = itertools.chain.from_iterable(text.split(",") for text in given.getlist("includefield"))
    return [name.strip() for name in listed if name.strip()]


def _all_of(level: str) -> Iterator[list[str]]:
    """Whatever the database keeps of a level and those above."""
    tables = list(TABLES.values())[: LEVELS.index(level) + 1]
    names = [
        name for one, names in _DEFAULTS.items() if LEVELS.index(one) <= LEVELS.index(level) for name in names
    ]
    yield from ([tag_of(name)] for name in names)
    yield from ([tag] for tag, (table, _) in COLUMNS.items() if table in tables)


def _path(name: str) -> list[str]:
    """Tags of an attribute, or of a sequence and an attribute in its items: "00400275.00400009"."""
    try:
        tags = [tag_text(int(part, 16)) if _HEX.fullmatch(part) else tag_of(part) for part in name.split(".")]
    except ValueError as error:
        raise HTTPException(
            400, "A parameter is no attribute: write a keyword, or its tag as eight hexadecimal digits."
        ) from error
    if len(tags) > 2 or (len(tags) == 2 and vr_of(tags[0]) != "SQ"):
        raise HTTPException(400, "Attributes of sequences are written as Sequence.Attribute, one level deep.")
    return tags


def _add(identifier: Dataset, path: list[str], text: str) -> None:
    number, vr = tag_number(path[0]), vr_of(path[0])
    if len(path) == 2:
        items = identifier[number].value if number in identifier else []
        item = items[0] if items else Dataset()
        _add(item, path[1:], text)
        identifier.add_new(number, "SQ", Sequence([item]))
    elif vr == "SQ":
        if text:
            raise HTTPException(400, f"{path[0]} is a sequence: name an attribute of its items.")
        if number not in identifier:
            identifier.add_new(number, "SQ", Sequence())
    elif text or number not in identifier:
        element = element_of(path[0], vr, text.replace(",", "\\") if vr in _LISTED else text)
        if text and element.is_empty:
            raise HTTPException(400, f"{path[0]} cannot have this value: it is of the kind {vr}.")
        identifier.add(element)
