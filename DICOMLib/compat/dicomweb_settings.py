"""The name and password for DICOMweb that scripts keep in the settings, as in Slicer."""

from __future__ import annotations

from typing import Any

from DICOMLib.plugins import preferences

GLOBAL_DICOMWEB_USER_KEY = "GLOBAL_DICOMWEB_USER_KEY"
GLOBAL_DICOMWEB_PASSWORD_KEY = "GLOBAL_DICOMWEB_PASSWORD_KEY"


def stored_credentials() -> Any:
    """The name and password that are in the settings; None if there are none."""
    from requests.auth import HTTPBasicAuth

    user = preferences.text(GLOBAL_DICOMWEB_USER_KEY)
    password = preferences.text(GLOBAL_DICOMWEB_PASSWORD_KEY)
    return HTTPBasicAuth(user, password) if user or password else None
