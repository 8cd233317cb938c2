"""Pictures of series that are not here: rendered by a DICOMweb server that has them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtGui import QImage

from DICOMLib.core.errors import NetworkError
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.widgets.visual.thumbnails import KEPT_SIDE, image_array

if TYPE_CHECKING:  # the window opens without the libraries of the network
    from DICOMLib.web.client.session import WebSession

LONGEST_WAIT_S = 10.0  # a picture is not worth more
_INSTANCE, _NUMBER = "00080018", "00200013"

log = logging.getLogger(__name__)


class RemotePictures:
    """Asks for pictures, one after the other, over one session for each server until `close`.

    It blocks, so it is called from a worker thread.
    """

    def __init__(self) -> None:
        self._sessions: list[WebSession] = []

    def picture(self, servers: Sequence[OriginServer], study: str, series: str) -> Any:
        """The middle instance of a series as an array of RGB, from the first server that renders it.

        None if no server has a picture.
        """
        for server in servers:
            try:
                picture = _picture(self._session(server), study, series)
            except NetworkError as error:
                log.debug("a server gives no picture: %s", type(error).__name__)
            else:
                if picture is not None:
                    return picture
        return None

    def close(self) -> None:
        """Close the connections; the next picture opens others."""
        while self._sessions:
            self._sessions.pop().close()

    def _session(self, server: OriginServer) -> WebSession:
        from DICOMLib.web.client.session import Access, WebSession

        hasty = replace(server, timeout_s=min(server.timeout_s, LONGEST_WAIT_S))
        for session in self._sessions:
            if session.server == hasty:
                return session
        self._sessions.append(WebSession(hasty, Access(retries=0)))
        return self._sessions[-1]


def _picture(session: WebSession, study: str, series: str) -> Any:
    from DICOMLib.web.client.wado import thumbnail

    instance = _middle_instance(session, study, series)
    if not instance:
        return None
    image = QImage.fromData(thumbnail(session, (study, series, instance), KEPT_SIDE))
    return None if image.isNull() else image_array(image)


def _middle_instance(session: WebSession, study: str, series: str) -> str:
    from DICOMLib.web.client.find import search
    from DICOMLib.web.client.json_values import number, text

    keys = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
    found = list(search(session, "IMAGE", keys, ["SOPInstanceUID", "InstanceNumber"]))
    found.sort(key=lambda item: number(item, _NUMBER) or 0)
    return text(found[len(found) // 2], _INSTANCE) if found else ""
