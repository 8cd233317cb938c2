"""Pictures of series that are not here: by a DICOMweb server, or of one instance that comes by C-GET."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtGui import QImage

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import C_GET, Peer
from DICOMLib.widgets.visual.thumbnails import KEPT_SIDE, image_array

if TYPE_CHECKING:  # the window opens without the libraries of the network
    from DICOMLib.web.client.session import WebSession
    from DICOMLib.web.exchange import Target

LONGEST_WAIT_S = 10.0  # a picture is not worth more
MOST_FRAMES = 64  # of an instance that comes as a whole
_INSTANCE, _NUMBER = "00080018", "00200013"

log = logging.getLogger(__name__)


class RemotePictures:
    """Asks for pictures, one after the other, over one session for each DICOMweb server until `close`.

    It blocks, so it is called from a worker thread.
    """

    def __init__(self) -> None:
        self._sessions: list[WebSession] = []

    def picture(self, servers: Sequence[Target], study: str, series: str) -> Any:
        """The middle instance of a series as an array of grey values or RGB, by the first server that can.

        None if none has a picture. Nothing of what comes for it stays on the disk.
        """
        for server in servers:
            try:
                picture = (
                    _picture(self._session(server), study, series)
                    if isinstance(server, OriginServer)
                    else _picture_by_get(server, study, series)
                )
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


def _picture_by_get(peer: Peer, study: str, series: str) -> Any:
    from DICOMLib.network.arrival import FolderReceiver
    from DICOMLib.network.conversation import Wanted
    from DICOMLib.network.retrieve import retrieve
    from DICOMLib.standard.preview import preview

    if peer.protocol != C_GET:  # C-MOVE needs a listener that the peer knows
        return None
    waits = {name: min(getattr(peer, name), LONGEST_WAIT_S) for name in ("timeout_s", "response_timeout_s")}
    hasty = replace(peer, **waits)
    instance = _middle_instance_by_find(hasty, study, series)
    if not instance:
        return None
    with tempfile.TemporaryDirectory() as folder:
        receiver = FolderReceiver(Path(folder), durable=False)
        run(retrieve(hasty, [Wanted(study, series, (instance,))], receiver))
        path = receiver.file(instance)
        return preview(path, KEPT_SIDE) if path is not None else None


def _middle_instance_by_find(peer: Peer, study: str, series: str) -> str:
    from DICOMLib.web.exchange import find

    keys = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
    names = ["SOPInstanceUID", "InstanceNumber", "NumberOfFrames"]
    found = run(find(peer, "IMAGE", keys, names)).matches
    found.sort(key=lambda item: int(item.get("InstanceNumber") or 0))
    middle = found[len(found) // 2] if found else None
    if middle is None or int(middle.get("NumberOfFrames") or 1) > MOST_FRAMES:
        return ""
    return str(middle.SOPInstanceUID)
