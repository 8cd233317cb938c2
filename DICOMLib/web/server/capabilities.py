"""What the server offers, told to clients (PS3.18 sections 8.9 and 8.10)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from DICOMLib import __version__
from DICOMLib.web.server.services import services_of
from DICOMLib.web.server.targets import root_url

# PS3.18 section 8.3.4.2 leaves it to the server, which shall tell.
_FUZZY_MATCHING = "person names by component or by whole words in any order, without case and accents"


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
        "fuzzyMatching": _FUZZY_MATCHING,
        "resources": offered,
    }
    return JSONResponse(document)
