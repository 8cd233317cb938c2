"""What a server has of what is wanted: how many instances of each series, and which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from DICOMLib.network.conversation import Wanted
from DICOMLib.web.client.find import search
from DICOMLib.web.client.json_values import number, text
from DICOMLib.web.client.session import WebSession

_SERIES, _INSTANCE, _COUNT = "0020000E", "00080018", "00201209"


@dataclass(frozen=True, slots=True)
class SeriesThere:
    """A series that a server has.

    Parameters
    ----------
    study, series
        Instance UIDs.
    count
        How many instances it has (Number of Series Related Instances); None where the server does not say.
    """

    study: str
    series: str
    count: int | None


def series_there(session: WebSession, one: Wanted) -> list[SeriesThere]:
    """The series of a study that are wanted and that the server has.

    Raises
    ------
    WebStatus, PeerAborted, NetworkError
        If it does not say.
    """
    keys = {"StudyInstanceUID": one.study, **({"SeriesInstanceUID": one.series} if one.series else {})}
    found = search(session, "SERIES", keys, ["SeriesInstanceUID", "NumberOfSeriesRelatedInstances"])
    told = {text(item, _SERIES): number(item, _COUNT) for item in found}
    if one.series:  # some servers do not match, and tell of all series
        told = {one.series: told[one.series]} if one.series in told else {}
    return [SeriesThere(one.study, series, count) for series, count in told.items()]


def instances_there(session: WebSession, study: str, series: str) -> Iterator[str]:
    """SOP Instance UIDs of all that the server has of a series; it may take servers long to find them."""
    keys = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
    for item in search(session, "IMAGE", keys, ["SOPInstanceUID"]):
        yield text(item, _INSTANCE)


def placed(session: WebSession, one: Wanted) -> list[Wanted]:
    """Instances of a study with the series that they are in, as far as the server has them.

    Raises as `series_there`.
    """
    keys = {"StudyInstanceUID": one.study, "SOPInstanceUID": list(one.instances)}
    series: dict[str, list[str]] = {}
    for item in search(session, "IMAGE", keys, ["SOPInstanceUID", "SeriesInstanceUID"]):
        if text(item, _INSTANCE) in one.instances:  # some servers do not match, and tell of all
            series.setdefault(text(item, _SERIES), []).append(text(item, _INSTANCE))
    return [Wanted(one.study, uid, tuple(instances)) for uid, instances in series.items()]
