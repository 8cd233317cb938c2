"""URLs of what a server has (PS3.18 section 10.1); UIDs that are none never become a part of one."""

from __future__ import annotations

from dicomweb_client.uri import URI, URISuffix

from DICOMLib.core.errors import NetworkError
from DICOMLib.network.origin_servers import OriginServer

METADATA, RENDERED, THUMBNAIL = URISuffix.METADATA, URISuffix.RENDERED, URISuffix.THUMBNAIL


def resource_url(
    server: OriginServer, *uids: str, frames: tuple[int, ...] = (), suffix: URISuffix | None = None
) -> str:
    """The URL from which a study, series or instance is retrieved.

    Parameters
    ----------
    server
        Who has it.
    uids
        Study, Series and SOP Instance UID, as many as are needed.
    frames
        Numbers of frames, from 1, in ascending order.
    suffix
        "metadata", "rendered" or "thumbnail".

    Raises
    ------
    NetworkError
        If a UID is none.
    """
    study, series, instance = (*uids, "", "", "")[:3]
    if instance and not series:
        raise NetworkError("Over DICOMweb an instance is asked for by its study and series; name the series.")
    try:
        uri = URI(server.service("wado"), study, series or None, instance or None, frames or None, suffix)
    except ValueError:
        raise NetworkError(
            "One of the UIDs is no UID (digits and dots, 64 at most); it cannot be asked for."
        ) from None
    return str(uri)


def search_url(server: OriginServer, level: str, study: str = "", series: str = "") -> str:
    """The URL at which studies ("STUDY"), series or instances ("IMAGE") are searched, below these.

    Raises
    ------
    NetworkError
        If a UID is none.
    """
    root = server.service("qido")
    try:
        root = str(URI(root, study or None, series or None))
    except ValueError:
        raise NetworkError(
            "One of the UIDs is no UID (digits and dots, 64 at most); it cannot be asked for."
        ) from None
    return root + {"STUDY": "/studies", "SERIES": "/series", "IMAGE": "/instances"}[level]
