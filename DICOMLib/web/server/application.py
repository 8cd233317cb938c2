"""The DICOMweb origin server as an ASGI application: which URL is answered by what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from DICOMLib.core.errors import DatabaseError, InvalidDICOM, log_failure
from DICOMLib.network.allowed_addresses import AllowedAddresses
from DICOMLib.web.server import bulk_data, qido, rendered, stow, wado, wado_uri
from DICOMLib.web.server.capabilities import capabilities
from DICOMLib.web.server.limits import SILENCE_S, AllowedAddressRequired, Patience, TokenRequired
from DICOMLib.web.server.services import Services, log

STUDY = "/studies/{study}"
SERIES = STUDY + "/series/{series}"
INSTANCE = SERIES + "/instances/{instance}"
FRAMES = INSTANCE + "/frames/{frames}"
_JSON_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask.

    Parameters
    ----------
    token
        Bearer token; "" for none.
    hosts
        Names by which the server may be called; empty for any. They keep web pages of others out that
        give their own name the address of this computer.
    origins
        Web pages that may ask from a browser (CORS), "*" for all.
    addresses
        Addresses and networks ("10.0.0.0/8") that may ask; empty for all.
    silence_s
        How long a client may be silent within a request, seconds.
    """

    token: str = ""
    hosts: Sequence[str] = ()
    origins: Sequence[str] = ()
    addresses: Sequence[str] = ()
    silence_s: float = SILENCE_S


def application(services: Services, access: Access = Access()) -> Starlette:
    """The application.

    Parameters
    ----------
    services
        What is served.
    access
        Who may ask.
    """
    routes = _routes(services.root)
    app = Starlette(
        routes=routes,
        middleware=_middleware(access),
        exception_handlers={
            HTTPException: _say,
            InvalidDICOM: _unreadable,
            DatabaseError: _unavailable,
            Exception: _our_fault,
        },
    )
    app.state.services, app.state.routes = services, routes
    return app


def _routes(root: str) -> list[Route]:
    def get(path: str, answer: Callable[[Request], Response], **how: Any) -> Route:
        return Route(root + path, answer, methods=["GET"], **how)

    small = {"middleware": [Middleware(GZipMiddleware, minimum_size=_JSON_BYTES)]}
    searches = (
        "/studies",
        "/series",
        "/instances",
        f"{STUDY}/series",
        f"{STUDY}/instances",
        f"{SERIES}/instances",
    )
    levels = (STUDY, SERIES, INSTANCE)
    return [
        *(get(path, qido.search, **small) for path in searches),
        *(get(path, wado.retrieve) for path in levels),
        *(get(f"{path}/metadata", wado.describe, **small) for path in levels),
        *(get(f"{path}/thumbnail", rendered.thumbnail) for path in (*levels, FRAMES)),
        get(f"{STUDY}/rendered", rendered.rendered_all),
        get(f"{SERIES}/rendered", rendered.rendered_all),
        get(f"{INSTANCE}/rendered", rendered.rendered),
        get(f"{FRAMES}/rendered", rendered.rendered),
        get(FRAMES, bulk_data.frames),
        get(f"{INSTANCE}/bulkdata/{{path:path}}", bulk_data.bulk_data),
        Route(f"{root}/studies", stow.store, methods=["POST"]),
        Route(root + STUDY, stow.store, methods=["POST"]),
        get("/wado", wado_uri.retrieve_object),
        Route("/wado", wado_uri.retrieve_object, methods=["GET"]),
        get("/capabilities", capabilities),
        get("/", capabilities),
        Route(root, capabilities, methods=["GET", "OPTIONS"]),
    ]


def _middleware(access: Access) -> list[Middleware]:
    """From the outside to the inside."""
    layers = [Middleware(Patience, silence_s=access.silence_s)]
    if access.addresses:
        layers.insert(0, Middleware(AllowedAddressRequired, allowed=AllowedAddresses(access.addresses)))
    if access.hosts:
        layers.append(Middleware(TrustedHostMiddleware, allowed_hosts=list(access.hosts), www_redirect=False))
    if access.origins:
        cors = Middleware(
            CORSMiddleware,
            allow_origins=list(access.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["*"],  # viewers have headers of their own, which are not looked at
            expose_headers=["Warning", "Content-Location", "Content-Range", "Accept-Ranges"],
        )
        layers.append(cors)
    if access.token:
        layers.append(Middleware(TokenRequired, token=access.token))
    return layers


def _say(_request: Request, error: Exception) -> Response:
    """A refusal in plain words."""
    assert isinstance(error, HTTPException)
    return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)


def _unreadable(_request: Request, error: Exception) -> Response:
    assert isinstance(error, InvalidDICOM)
    log_failure(log, "a file of the database cannot be served", error)
    return PlainTextResponse(f"The file of this instance cannot be served: {error.reason}.\n", 410)


def _unavailable(_request: Request, error: Exception) -> Response:
    log_failure(log, "the database cannot be asked", error)
    return PlainTextResponse("The database cannot be used at the moment.\n", 503)


def _our_fault(_request: Request, error: Exception) -> Response:
    log_failure(log, "a request failed", error)
    return PlainTextResponse("The server has failed.\n", 500)
