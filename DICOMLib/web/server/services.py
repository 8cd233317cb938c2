"""What all services of the origin server work with."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.database import Database
from DICOMLib.network.arrival import Receiver
from DICOMLib.network.outgoing import log_unreadable

log = logging.getLogger("DICOMLib.web.server")


@dataclass(frozen=True, slots=True)
class Services:
    """What is served, and how.

    Parameters
    ----------
    database
        Open; read by many threads.
    receiver
        Who takes what is stored (`indexing.Receiver`); None to store nothing.
    on_unreadable
        Called with each file of the database that cannot be served.
    settle
        Called before each question, so that what has just been stored is found.
    root
        Path of the services, with a slash at its beginning.
    max_answers
        Most results of one query.
    max_request_bytes
        Longest body of a request.
    min_free_bytes
        Room that must stay free on the disk.
    """

    database: Database
    receiver: Receiver | None = None
    settle: Callable[[], object] = lambda: None
    on_unreadable: Callable[[InvalidDICOM], object] = log_unreadable
    root: str = "/dicom-web"
    max_answers: int = 5000
    max_request_bytes: int = 64 << 30
    min_free_bytes: int = 256 << 20


def services_of(request: Request) -> Services:
    """Those of the application that a request came to."""
    services: Services = request.app.state.services
    return services
