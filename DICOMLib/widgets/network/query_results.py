"""What servers have: studies, and the series of those that are opened."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence

from pydicom.dataset import Dataset
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from DICOMLib.network.conversation import Wanted
from DICOMLib.web.exchange import Target
from DICOMLib.widgets.empty_text import EmptyText
from DICOMLib.widgets.tables.columns import shown_text
from DICOMLib.widgets.translation import _

MATCH_ROLE = int(Qt.UserRole)
DESCRIPTION = 3
ADDED_AT_ONCE = 25
TURN_S = 0.015  # of the event loop: the threads of a conversation want the interpreter, too

Key = tuple[bool, int, str]


def sort_key(text: str) -> Key:
    """Numbers by size, before texts regardless of case."""
    return (False, int(text), "") if text.isdecimal() else (True, 0, text.casefold())


class _Row(QTreeWidgetItem):
    """A row that sorts as `sort_key` says."""

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        column = max(0, self.treeWidget().header().sortIndicatorSection())
        return sort_key(self.text(column)) < sort_key(other.text(column))


class QueryResults(QTreeWidget):
    """A tree of studies; opening one asks for its series.

    Studies are put into their place as they come; what the user has chosen or scrolled to stays where it is.
    """

    seriesWanted = Signal(object)
    _came = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderLabels(
            [_("Patient"), _("ID"), _("Date"), _("Description"), _("Modality"), _("Images"), _("Server")]
        )
        self.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.setAlternatingRowColors(True)
        self.setUniformRowHeights(True)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.Interactive)
        header.setSectionResizeMode(DESCRIPTION, QHeaderView.Stretch)
        for column, width in ((0, 190), (1, 110), (2, 95), (4, 75), (5, 65), (6, 120)):
            header.resizeSection(column, width)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(0, Qt.AscendingOrder)
        header.sortIndicatorChanged.connect(lambda _column, _order: self._sort())
        self.itemExpanded.connect(self._open)
        EmptyText(self, _("Check servers above, say what to look for, and press Query."))
        self._keys: list[Key] = []  # of the studies, ascending
        self._waiting: deque[tuple[Target, Dataset, list[str]]] = deque()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._add_some)
        self._came.connect(self._start_adding, Qt.QueuedConnection)

    # Studies

    def begin(self) -> None:
        """Forget what was found; other studies come."""
        self._waiting.clear()
        self._keys.clear()
        self.clear()

    def take(self, server: Target, match: Dataset) -> None:
        """Show one more study soon; may be called from any thread, which then decodes its values."""
        self._waiting.append((server, match, _study_texts(server, match)))
        if len(self._waiting) == 1:
            self._came.emit()

    def show_studies(self, matches: Sequence[tuple[Target, Dataset]]) -> None:
        """Show what was found."""
        self.begin()
        self._waiting.extend((server, match, _study_texts(server, match)) for server, match in matches)
        self._add_some()

    def flush(self) -> None:
        """Show now all that has come."""
        while self._waiting:
            self._add_some()

    def _start_adding(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _add_some(self) -> None:
        """Add some without a hitch; the others follow at the next turn of the event loop."""
        anchor = self.itemAt(0, 0) if self.verticalScrollBar().value() or self.selectedItems() else None
        self.setUpdatesEnabled(False)
        until = time.monotonic() + TURN_S
        for _count in range(min(ADDED_AT_ONCE, len(self._waiting))):
            self._insert(*self._waiting.popleft())
            if time.monotonic() > until:
                break
        if anchor is not None:
            self.scrollToItem(anchor, QAbstractItemView.PositionAtTop)
        self.setUpdatesEnabled(True)
        if self._waiting:
            self._timer.start()

    def _insert(self, server: Target, match: Dataset, texts: list[str]) -> None:
        item = _Row(texts)
        item.setData(0, MATCH_ROLE, (server, match))
        item.setChildIndicatorPolicy(QTreeWidgetItem.ShowIndicator)
        header = self.header()
        key = sort_key(item.text(header.sortIndicatorSection()))
        if header.sortIndicatorOrder() == Qt.AscendingOrder:
            place = row = bisect_right(self._keys, key)
        else:
            place = bisect_left(self._keys, key)
            row = len(self._keys) - place
        self._keys.insert(place, key)
        self.insertTopLevelItem(row, item)

    def _sort(self) -> None:
        """Follow the header."""
        header = self.header()
        column = header.sortIndicatorSection()
        self.sortItems(column, header.sortIndicatorOrder())
        self._keys = sorted(
            sort_key(self.topLevelItem(row).text(column)) for row in range(self.topLevelItemCount())
        )

    # Series

    def show_series(self, item: QTreeWidgetItem, matches: Sequence[tuple[Target, Dataset]]) -> None:
        """Show the series of a study, by number."""
        item.takeChildren()
        for texts, found in sorted(
            ((_series_texts(match), (server, match)) for server, match in matches),
            key=lambda row: sort_key(row[0][0]),
        ):
            child = _Row(texts)
            child.setData(0, MATCH_ROLE, found)
            item.addChild(child)
        if not matches:
            item.setChildIndicatorPolicy(QTreeWidgetItem.DontShowIndicator)

    def _open(self, item: QTreeWidgetItem) -> None:
        if item.parent() is None and not item.childCount():
            self.seriesWanted.emit(item)

    def wanted(self) -> list[tuple[Target, list[Wanted]]]:
        """What is chosen, by server; a series whose study is chosen is part of that."""
        chosen: list[tuple[Target, list[Wanted]]] = []
        for item in self.selectedItems():
            parent = item.parent()
            if parent is not None and parent.isSelected():
                continue
            server, match = item.data(0, MATCH_ROLE)
            if parent is None:
                wanted = Wanted(match.StudyInstanceUID)
            else:
                _server, study = parent.data(0, MATCH_ROLE)
                wanted = Wanted(study.StudyInstanceUID, match.SeriesInstanceUID)
            for known, items in chosen:
                if known is server or known == server:
                    items.append(wanted)
                    break
            else:
                chosen.append((server, [wanted]))
        return chosen


def _study_texts(server: Target, match: Dataset) -> list[str]:
    modalities = match.get("ModalitiesInStudy") or ""
    return [
        _shown_name(str(match.get("PatientName", ""))),
        str(match.get("PatientID", "")),
        shown_text("StudyDate", match.get("StudyDate", "")),
        str(match.get("StudyDescription", "")),
        modalities if isinstance(modalities, str) else ", ".join(modalities),
        str(match.get("NumberOfStudyRelatedInstances", "") or ""),
        server.label,
    ]


def _shown_name(name: str) -> str:
    """A name as the tables show it; one of nothing but separators is none."""
    parts = name.replace("^", ", ", 1).replace("^", " ").strip(" ,")
    return parts or _("No name")


def _series_texts(match: Dataset) -> list[str]:
    number = match.get("SeriesNumber", "")
    return [
        f"{number}" if number not in (None, "") else "–",  # noqa: RUF001
        "",
        shown_text("SeriesDate", match.get("SeriesDate", "") or ""),
        str(match.get("SeriesDescription", "") or ""),
        str(match.get("Modality", "") or ""),
        str(match.get("NumberOfSeriesRelatedInstances", "") or ""),
        "",
    ]
