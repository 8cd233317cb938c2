"""What shall come from a peer against what has come, whatever the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from DICOMLib.network.conversation import Wanted
from DICOMLib.network.receipt import Receipt, SeriesReceipt

_UIDS_PER_REQUEST = 50


@dataclass
class Reception:
    """One retrieval with its receipt.

    Parameters
    ----------
    wanted
        What was asked for.
    have
        SOP Instance UIDs that are here already and need not come.
    receipt
        What came of it.
    listed
        Whether the peer has said what it has.
    """

    wanted: list[Wanted]
    have: frozenset[str] = frozenset()
    receipt: Receipt = field(default_factory=lambda: Receipt("received"))
    listed: bool = False

    def plan(self) -> list[Wanted]:
        """What to ask for first: all as it was wanted, or only what is not here yet."""
        if not self.have or not self.listed:
            return self.wanted
        for one in self.receipt.series.values():
            one.done |= one.asked & self.have
        return list(self.rest())

    def rest(self) -> Iterator[Wanted]:
        """What is missing: series of which nothing is here as a whole, of others the instances."""
        for one in self.receipt.series.values():
            if one.missing and not one.done and self._is_whole(one):
                yield Wanted(one.study_uid, one.series_uid)
            else:
                yield from _instances(one)

    def missing(self) -> list[Wanted]:
        """What was asked for and is not here, instance by instance."""
        return [wanted for one in self.receipt.series.values() for wanted in _instances(one)]

    def without_instances(self) -> list[Wanted]:
        """What was wanted, and of which the peer has neither told nor sent an instance."""
        known = [one for one in self.receipt.series.values() if one.asked]
        studies, series = {one.study_uid for one in known}, {one.series_uid for one in known}
        return [one for one in self.wanted if (one.series or one.study) not in studies | series]

    def _is_whole(self, series: SeriesReceipt) -> bool:
        """Whether all instances of a series are wanted."""
        return not any(one.instances for one in self.wanted if one.series == series.series_uid)

    def note_listed(self, study: str, series: str, instance: str) -> None:
        """The peer has an instance that is wanted."""
        self.receipt.of_series(study, series).asked.add(instance)

    def note_failed(self, reason: str, instance: str = "", what: str = "") -> None:
        """An instance, or a request (`what`), has failed."""
        if instance:
            self.series_of(instance).failed[instance] = reason
        elif (what, reason) not in self.receipt.faults:
            self.receipt.faults.append((what, reason))

    def join_faults(self) -> None:
        """A request that failed tells why its instances did not come: it is no failure besides."""
        faults, self.receipt.faults = self.receipt.faults, []
        for what, reason in faults:
            short = [one for one in self.receipt.series.values() if one.missing and what in one.uids]
            for one in short:
                for uid in one.missing:
                    one.failed.setdefault(uid, reason)
            if not short:
                self.receipt.faults.append((what, reason))

    def note_nothing_of(self, what: str) -> None:
        """Of a request (`what`) nothing is there or has come; the peer may have told why."""
        told = [reason for request, reason in self.receipt.faults if request == what]
        self.receipt.faults = [fault for fault in self.receipt.faults if fault[0] != what]
        self.note_failed("; ".join(["the peer has nothing of it, or did not send it", *told]), what=what)

    def note_stored(self, instance: str, where: tuple[str, str] | None = None) -> None:
        """An instance is safe here; `where` are its study and series, if they are known."""
        series = self.series_of(instance, where, add=not self.listed)
        if instance in series.asked:
            series.done.add(instance)
            series.failed.pop(instance, None)

    def series_of(
        self, instance: str, where: tuple[str, str] | None = None, *, add: bool = True
    ) -> SeriesReceipt:
        """The series of an instance; where the peer did not say, that which was wanted."""
        for one in self.receipt.series.values():
            if instance in one.asked:
                return one
        first = self.wanted[0]
        series = self.receipt.of_series(*(where or (first.study, first.series)))
        if add:
            series.asked.add(instance)
        return series


def _instances(series: SeriesReceipt) -> Iterator[Wanted]:
    uids = sorted(series.missing)
    for start in range(0, len(uids), _UIDS_PER_REQUEST):
        yield Wanted(series.study_uid, series.series_uid, tuple(uids[start : start + _UIDS_PER_REQUEST]))
