"""The picture of a series that is not here: rendered by a DICOMweb server that has it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qtpy.QtGui import QImage

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.web.client.session import Access
from DICOMLib.web.client.wado import thumbnail
from DICOMLib.web.exchange import find
from DICOMLib.widgets.visual.thumbnails import KEPT_SIDE, image_array

LONGEST_WAIT_S = 10.0  # a picture is not worth more

log = logging.getLogger(__name__)


def remote_picture(servers: Sequence[OriginServer], study: str, series: str) -> Any:
    """The middle instance of a series as an array of RGB, from the first server that renders it.

    It blocks, so it is called from a worker thread. None if no server has a picture.
    """
    for server in servers:
        hasty = replace(server, timeout_s=min(server.timeout_s, LONGEST_WAIT_S))
        try:
            instance = _middle_instance(hasty, study, series)
            if instance:
                uids = study, series, instance
                image = QImage.fromData(thumbnail(hasty, uids, KEPT_SIDE, Access(retries=0)))
                if not image.isNull():
                    return image_array(image)
        except NetworkError as error:
            log.debug("a server gives no picture: %s", type(error).__name__)
    return None


def _middle_instance(server: OriginServer, study: str, series: str) -> str:
    keys = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
    matches = run(find(server, "IMAGE", keys, ["SOPInstanceUID", "InstanceNumber"])).matches
    order = sorted(matches, key=lambda match: int(match.get("InstanceNumber", 0) or 0))
    return str(order[len(order) // 2].SOPInstanceUID) if order else ""
