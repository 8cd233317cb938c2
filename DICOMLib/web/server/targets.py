"""What a URL means: studies, series, instances, and the files that hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from pydicom.dataset import Dataset
from starlette.exceptions import HTTPException
from starlette.requests import Request

from DICOMLib.archive.elements import element_of
from DICOMLib.archive.instances import files_of
from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.network.outgoing import OutgoingFile, read_outgoing
from DICOMLib.standard.tags import tag_of
from DICOMLib.web.server.services import Services, services_of

_UID = re.compile(r"[0-9.]{1,64}")
# Names in URLs, keyword and level, from the top.
_PARTS = (
    ("study", "StudyInstanceUID", "STUDY"),
    ("series", "SeriesInstanceUID", "SERIES"),
    ("instance", "SOPInstanceUID", "IMAGE"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """A study, series or instance.

    Parameters
    ----------
    level
        "STUDY", "SERIES" or "IMAGE".
    uids
        UIDs by keyword, its own and those above.
    """

    level: str
    uids: dict[str, str]

    @property
    def identifier(self) -> Dataset:
        """As keys of a query."""
        identifier = Dataset()
        for keyword, uid in self.uids.items():
            identifier.add(element_of(tag_of(keyword), "UI", uid))
        return identifier


def checked_uid(uid: str) -> str:
    """A UID.

    Raises
    ------
    HTTPException
        400 if it is none.
    """
    if not _UID.fullmatch(uid) or not uid.strip("."):
        raise HTTPException(400, "A UID consists of at most 64 digits and dots (PS3.5 section 9.1).")
    return uid


def target_of(parameters: dict[str, str]) -> Target:
    """What UIDs by their names in a URL ("study", "series", "instance") mean; 400 for what is no UID."""
    named = [part for part in _PARTS if part[0] in parameters]
    return Target(named[-1][2], {keyword: checked_uid(parameters[name]) for name, keyword, _ in named})


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a target.

    Parameters
    ----------
    files
        Those that can be read.
    missing
        How many others there should be.
    """

    files: list[OutgoingFile]
    missing: int


def files_for(request: Request) -> Found:
    """The files that the URL of a request means.

    Raises
    ------
    HTTPException
        400 for what is no UID, 404 if the database knows no such thing, 410 if none of its files is there.
    """
    services = services_of(request)
    services.settle()
    return found_files(services, target_of(request.path_params))


def found_files(services: Services, target: Target) -> Found:
    """The files of a target; see `files_for`."""
    paths = files_of(services.database, target.level, target.identifier)
    if not paths:
        raise HTTPException(404, "There is no such study, series or instance here.")
    files = []
    for path in paths.values():
        try:
            files.append(read_outgoing(path))
        except InvalidDICOM as error:
            services.on_unreadable(error)
    if not files:
        raise HTTPException(410, "The files of this resource are gone or cannot be read.")
    return Found(files, len(paths) - len(files))


def file_for(request: Request) -> OutgoingFile:
    """The one file that the URL of a request means; see `files_for`."""
    return files_for(request).files[0]


def url_of(request: Request, study: str, series: str = "", sop: str = "") -> str:
    """URL of a study, series or instance; files can have anything in the place of their UIDs."""
    levels = (("studies", study), ("series", series), ("instances", sop))
    return root_url(request) + "".join(f"/{name}/{quote(uid, safe='')}" for name, uid in levels if uid)


def root_url(request: Request) -> str:
    """URL of all services, without a slash at the end."""
    url = request.base_url
    own_host, own_port = request.scope.get("server") or ("", None)
    if url.port is None and own_port not in (None, 80, 443) and url.hostname in (own_host, "localhost"):
        url = url.replace(port=own_port)  # dicomweb-client sends its Host without the port
    return str(url).rstrip("/") + services_of(request).root
