"""What the server offers, told to clients (PS3.18 sections 8.9 and 8.10)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from DICOMLib import __version__
from DICOMLib.web.server.services import services_of
from DICOMLib.web.server.targets import root_url


def capabilities(request: Request) -> Response:
    """The resources, the methods that each knows, and the media types."""
    offered = []
    for route in request.app.state.routes:
        methods = sorted(set(route.methods or ()) - {"HEAD"})
        if services_of(request).receiver is None:
            methods = [method for method in methods if method != "POST"]
        if methods:
            offered.append({"path": route.path, "methods": methods})
    document = {
        "name": "slicer-dicom",
        "version": __version__,
        "standard": "DICOM PS3.18",
        "url": root_url(request),
        "readOnly": services_of(request).receiver is None,
        "resources": offered,
    }
    return JSONResponse(document)
