"""QIDO-RS: what a server has, page after page (PS3.18 section 10.6)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset

from DICOMLib.core.errors import NetworkError, WebStatus
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.network.background import Background
from DICOMLib.network.find import FindReport
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.query import RETURN_KEYS, identifier
from DICOMLib.standard.faults import FAULTS
from DICOMLib.web.client.json_values import text
from DICOMLib.web.client.resources import search_url
from DICOMLib.web.client.session import Access, WebSession

PAGE = 1000
GIVE_WAY_S = (
    0.0005  # after each match: decoding is work for Python, which would keep a window from its events
)
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
# The unique key of each level.
_UNIQUE = {"PATIENT": "00100020", "STUDY": "0020000D", "SERIES": "0020000E", "IMAGE": "00080018"}


@dataclass(frozen=True, slots=True)
class FindOptions:
    """How to ask.

    Parameters
    ----------
    limit
        Most matches to take; 0 for all.
    fuzzy
        Whether names that sound alike match, if the server can do that.
    access
        How the server is called; None for as usual.
    """

    limit: int = 0
    fuzzy: bool = False
    access: Access | None = None


def find(
    server: OriginServer,
    level: str,
    keys: Mapping[str, Any],
    returned: Sequence[str] | None = None,
    on_match: Callable[[Dataset], None] = lambda match: None,
    options: FindOptions | None = None,
) -> Job[FindReport]:
    """Ask a server.

    Parameters
    ----------
    server
        Whom to ask.
    level
        "PATIENT", "STUDY", "SERIES" or "IMAGE". DICOMweb knows no patients: they are those of the studies.
    keys, returned
        What to match and what else to tell, see `network.query.identifier`.
    on_match
        Called with each match as it comes, in the thread that runs the job.
    options
        How to ask; None for as usual.

    Raises
    ------
    NetworkError
        If the server is not reached, or answers with a failure; matches before it have been given on.
    """
    report = FindReport()
    options = options or FindOptions()
    limit = options.limit
    question = _Search(level, keys, returned, options)
    with WebSession(server, options.access) as session:
        try:
            yield Progress(0, 0, "Connecting", server.label)
            with Background([lambda tell: _tell_all(question, session, tell)], session.stop) as news:
                for match in news:
                    if match is not None:
                        report.matches.append(match)
                        on_match(match)
                    yield Progress(len(report.matches), 0, "Querying", server.label)
                    if limit and len(report.matches) >= limit:
                        break
        except JobCancelled:
            report.cancelled = True
    report.limited = question.limited or bool(limit and len(report.matches) >= limit)
    return report


def search(
    session: WebSession, level: str, keys: Mapping[str, Any], returned: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """The same without a job: all matches in the JSON model, page after page."""
    return _Search(level, keys, returned, FindOptions()).items(session)


def _tell_all(question: _Search, session: WebSession, tell: Callable[[Dataset], None]) -> None:
    for match in question.run(session):
        tell(match)
        time.sleep(GIVE_WAY_S)


class _Search:
    """One search with its parameters."""

    def __init__(
        self, level: str, keys: Mapping[str, Any], returned: Sequence[str] | None, options: FindOptions
    ) -> None:
        self.limited = False
        self._level = "STUDY" if level == "PATIENT" else level
        self._unique = _UNIQUE[level]
        self._kept = RETURN_KEYS[level] if returned is None and level == "PATIENT" else ()
        self._page = min(options.limit or PAGE, PAGE)
        _check_uids(keys)
        query = identifier(level, keys, returned)
        self._study = self._series = ""
        if self._level != "STUDY":
            self._study = _taken(query, "StudyInstanceUID")
        if self._level == "IMAGE" and self._study:
            self._series = _taken(query, "SeriesInstanceUID")
        for keyword in ("QueryRetrieveLevel", "SpecificCharacterSet"):
            if keyword in query:
                del query[keyword]
        self._parameters: dict[str, Any] = dict(_matching(query))
        self._parameters["includefield"] = _asked_for(query)
        if options.fuzzy:
            self._parameters["fuzzymatching"] = "true"

    def run(self, session: WebSession) -> Iterator[Dataset]:
        """Each match."""
        return (self._cut(_dataset(item)) for item in self.items(session))

    def items(self, session: WebSession) -> Iterator[dict[str, Any]]:
        """Each match in the JSON model, page after page.

        The end is an empty page, since servers may send fewer than they are asked for; or one without
        anything new, which comes from those that know no offset.
        """
        url = search_url(session.server, self._level, self._study, self._series)
        seen: set[str] = set()
        told: set[str] = set()
        offset = 0
        while not session.stopped:
            page = self._ask(session, url, offset)
            known = len(seen)
            seen.update(text(item, _UNIQUE[self._level]) for item in page)
            for item in page:
                key = text(item, self._unique)
                if key and key not in told:
                    told.add(key)
                    yield item
            if len(seen) == known:
                return
            offset += len(page)

    def _ask(self, session: WebSession, url: str, offset: int) -> list[dict[str, Any]]:
        query = {**self._parameters, "limit": self._page, **({"offset": offset} if offset else {})}
        try:
            return session.get_json(url, query)
        except WebStatus as error:
            if not offset or error.code not in (400, 404, 501):
                raise
            self.limited = offset % self._page == 0  # it cannot be asked for the rest
            return []

    def _cut(self, match: Dataset) -> Dataset:
        """Of patients, what belongs to them and not to one of their studies."""
        if not self._kept:
            return match
        cut = Dataset()
        for keyword in self._kept:
            if keyword in match:
                cut[keyword] = match[keyword]
        return cut


def _check_uids(keys: Mapping[str, Any]) -> None:
    """Raise `NetworkError` if a UID is none; it may be one that another server has made up."""
    for keyword, value in keys.items():
        values = (
            value.split("\\") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else []
        )
        if keyword.endswith("InstanceUID") and not all(_UID.fullmatch(str(one)) for one in values if one):
            raise NetworkError(
                f"A {keyword} is no UID (digits and dots, 64 at most); it cannot be asked for."
            )


def _taken(query: Dataset, keyword: str) -> str:
    """A UID that is given as one value; it goes into the path and not into the parameters."""
    value = query.get(keyword)
    if not isinstance(value, str) or not _UID.fullmatch(value):
        return ""
    del query[keyword]
    return str(value)


def _matching(query: Dataset, path: str = "") -> Iterator[tuple[str, str]]:
    """Parameters of what is matched, by tag; those of a sequence have a path (PS3.18 section 8.3.4.1)."""
    for element in query:
        name = f"{path}{element.tag:08X}"
        if element.VR == "SQ":
            for item in element.value:
                yield from _matching(item, f"{name}.")
        elif element.value not in (None, "", []):
            values = [element.value] if element.VM == 1 else element.value
            yield name, ("," if element.VR == "UI" else "\\").join(map(str, values))


def _asked_for(query: Dataset) -> list[str]:
    return [f"{element.tag:08X}" for element in query]


def _dataset(item: dict[str, Any]) -> Dataset:
    """A data set of the DICOM JSON model; elements that are not right are left out."""
    with no_warnings:  # odd values are not ours to judge
        try:
            return Dataset.from_json(item, _no_bulk_data)
        except FAULTS:
            dataset = Dataset()
            for tag, element in item.items():
                with suppress(*FAULTS):
                    dataset.update(Dataset.from_json({tag: element}, _no_bulk_data))
            return dataset


def _no_bulk_data(*_where: str) -> None:
    return None
