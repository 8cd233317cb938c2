"""WADO-RS: studies, series and instances as files, and their metadata (PS3.18 section 10.4)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.network.arrival import file_meta
from DICOMLib.network.models import EXPLICIT_LITTLE_ENDIAN
from DICOMLib.network.outgoing import OutgoingFile, start_of
from DICOMLib.network.transcoding import TARGETS, encoded
from DICOMLib.standard.transfer_syntaxes import is_decodable
from DICOMLib.web.server.json_model import Header, json_array, metadata
from DICOMLib.web.server.media_types import DICOM, DICOM_JSON, DICOM_XML, accepted, wants_xml
from DICOMLib.web.server.native_model import native_model
from DICOMLib.web.server.parts import Part, WholeFile, file_pieces, file_size, gathered, multipart, single
from DICOMLib.web.server.services import Services, services_of
from DICOMLib.web.server.targets import files_for, url_of


def retrieve(request: Request) -> Response:
    """A study, series or instance: one part for each file."""
    found = files_for(request)
    is_one = "instance" in request.path_params
    in_parts, syntaxes = _wanted(request, is_one)
    chosen = [(file, chosen_syntax(file, syntaxes)) for file in found.files]
    given = [(file, syntax) for file, syntax in chosen if syntax]
    if not given:
        raise HTTPException(406, "This resource cannot be given in the transfer syntax that is asked for.")
    if not in_parts:
        return single_file(request, *given[0])
    parts = [part_of(request, file, syntax) for file, syntax in given]
    return multipart(parts, DICOM, found.missing + len(chosen) - len(given))


def _wanted(request: Request, is_one: bool) -> tuple[bool, list[str]]:
    """Whether parts are wanted, and the transfer syntaxes that are, "*" for any."""
    ranges = [one for one in accepted(request) if one.covers(DICOM)]
    in_parts = [one for one in ranges if one.multipart or one.media_type != DICOM or not is_one]
    if ranges and not is_one:
        ranges = [one for one in ranges if one.multipart or one.media_type != DICOM]
    if not ranges:
        raise HTTPException(
            406, 'This resource is offered as multipart/related; type="application/dicom" only.'
        )
    as_parts = ranges[0] in in_parts
    alike = [one for one in ranges if (one in in_parts) == as_parts]
    return as_parts, [one.transfer_syntax or EXPLICIT_LITTLE_ENDIAN for one in alike]


def chosen_syntax(file: OutgoingFile, wanted: Sequence[str]) -> str:
    """How a file is given: as it is if that is wanted, else encoded anew without loss; "" if it cannot be."""
    if "*" in wanted or file.transfer_syntax in wanted:
        return file.transfer_syntax
    if not is_decodable(file.transfer_syntax):
        return ""
    return next((syntax for syntax in wanted if syntax in TARGETS), "")


def location(request: Request, file: OutgoingFile) -> str:
    """URL of the instance of a file."""
    return url_of(request, file.study, file.series, file.sop_instance)


def part_of(request: Request, file: OutgoingFile, syntax: str) -> Part:
    """A file in a transfer syntax."""
    content = _content(file, syntax, services_of(request))
    is_as_stored = syntax == file.transfer_syntax and file.is_complete
    size = file_size(file.path) if is_as_stored else None
    return Part(f"{DICOM}; transfer-syntax={syntax}", content, location(request, file), size)


def single_file(request: Request, file: OutgoingFile, syntax: str) -> Response:
    """A message that is a file in a transfer syntax.

    Raises
    ------
    HTTPException
        406 if it cannot be encoded so.
    """
    part = part_of(request, file, syntax)
    if syntax == file.transfer_syntax and file.is_complete:
        return WholeFile(file.path, part.media_type, part.location)
    pieces = iter(part.content)
    try:
        first = next(pieces, b"")
    except InvalidDICOM as error:
        raise HTTPException(
            406, "This instance cannot be given in the transfer syntax that is asked for."
        ) from error
    return single(replace(part, content=itertools.chain([first], pieces)))


def _content(file: OutgoingFile, syntax: str, services: Services) -> Iterator[bytes]:
    """A whole file (PS3.10); as it is stored, byte for byte, if it is not encoded anew."""
    if syntax != file.transfer_syntax:
        try:
            data, _size = encoded(file.path, file.transfer_syntax, syntax)
        except InvalidDICOM as error:  # the answer may have begun, and then the connection is closed
            services.on_unreadable(error)
            raise
        yield file_meta(file.sop_class, file.sop_instance, syntax)
        yield data.read()
    else:
        start, offset = start_of(file)
        yield start
        yield from file_pieces(file.path, offset)


def describe(request: Request) -> Response:
    """Metadata of a study, series or instance as JSON or XML, without bulk data."""
    as_xml = wants_xml(request)
    files = files_for(request).files
    if as_xml:
        return multipart(_xml_parts(request, files), DICOM_XML)
    models = (metadata(header, url) for header, url in _headers(request, files))
    return StreamingResponse(gathered(json_array(models)), media_type=DICOM_JSON)


def _xml_parts(request: Request, files: Sequence[OutgoingFile]) -> Iterator[Part]:
    for header, url in _headers(request, files):
        yield Part(DICOM_XML, [native_model(header, url)], f"{url}/metadata")


def _headers(request: Request, files: Sequence[OutgoingFile]) -> Iterator[tuple[Header, str]]:
    """The headers that can be read, each with the URL of its instance."""
    for file in files:
        try:
            yield Header(file.path), location(request, file)
        except InvalidDICOM as error:
            services_of(request).on_unreadable(error)
