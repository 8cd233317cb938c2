"""What servers have: studies, and the series of those that are opened."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from pydicom.dataset import Dataset
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from DICOMLib.network.conversation import Wanted
from DICOMLib.network.peers import Peer
from DICOMLib.widgets.empty_text import EmptyText
from DICOMLib.widgets.tables.columns import shown_text
from DICOMLib.widgets.translation import _

MATCH_ROLE = int(Qt.UserRole)
DESCRIPTION = 3
ADDED_AT_ONCE = 100


class _Row(QTreeWidgetItem):
    """A row that sorts numbers by size and texts regardless of case."""

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        column = max(0, self.treeWidget().sortColumn())
        mine, its = self.text(column), other.text(column)
        if mine.isdigit() and its.isdigit():
            return int(mine) < int(its)
        return mine.casefold() < its.casefold()


class QueryResults(QTreeWidget):
    """A tree of studies; opening one asks for its series."""

    seriesWanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderLabels(
            [_("Patient"), _("ID"), _("Date"), _("Description"), _("Modality"), _("Images"), _("Server")]
        )
        self.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.setAlternatingRowColors(True)
        self.setUniformRowHeights(True)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.AscendingOrder)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.Interactive)
        header.setSectionResizeMode(DESCRIPTION, QHeaderView.Stretch)
        for column, width in ((0, 190), (1, 110), (2, 95), (4, 75), (5, 65), (6, 120)):
            header.resizeSection(column, width)
        self.itemExpanded.connect(self._open)
        EmptyText(self, _("Check servers above, say what to look for, and press Query."))
        self._waiting: deque[tuple[Peer, Dataset]] = deque()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._add_some)

    def show_studies(self, matches: Sequence[tuple[Peer, Dataset]]) -> None:
        """Show what was found."""
        self.clear()
        self._waiting = deque(matches)
        self._add_some()

    def _add_some(self) -> None:
        """Add some without a hitch; the others follow at the next turn of the event loop."""
        self.setSortingEnabled(False)
        items = []
        for _count in range(min(ADDED_AT_ONCE, len(self._waiting))):
            peer, match = self._waiting.popleft()
            item = _Row(_study_texts(peer, match))
            item.setData(0, MATCH_ROLE, (peer, match))
            item.setChildIndicatorPolicy(QTreeWidgetItem.ShowIndicator)
            items.append(item)
        self.addTopLevelItems(items)
        if self._waiting:
            self._timer.start()
        else:
            self.setSortingEnabled(True)

    def show_series(self, item: QTreeWidgetItem, matches: Sequence[tuple[Peer, Dataset]]) -> None:
        """Show the series of a study."""
        item.takeChildren()
        for peer, match in matches:
            child = _Row(_series_texts(match))
            child.setData(0, MATCH_ROLE, (peer, match))
            item.addChild(child)
        if not matches:
            item.setChildIndicatorPolicy(QTreeWidgetItem.DontShowIndicator)

    def _open(self, item: QTreeWidgetItem) -> None:
        if item.parent() is None and not item.childCount():
            self.seriesWanted.emit(item)

    def wanted(self) -> dict[Peer, list[Wanted]]:
        """What is chosen, by server; a series whose study is chosen is part of that."""
        chosen: dict[Peer, list[Wanted]] = {}
        for item in self.selectedItems():
            parent = item.parent()
            if parent is not None and parent.isSelected():
                continue
            peer, match = item.data(0, MATCH_ROLE)
            if parent is None:
                wanted = Wanted(match.StudyInstanceUID)
            else:
                _peer, study = parent.data(0, MATCH_ROLE)
                wanted = Wanted(study.StudyInstanceUID, match.SeriesInstanceUID)
            chosen.setdefault(peer, []).append(wanted)
        return chosen


def _study_texts(peer: Peer, match: Dataset) -> list[str]:
    modalities = match.get("ModalitiesInStudy") or ""
    return [
        str(match.get("PatientName", "")).replace("^", ", ", 1).replace("^", " "),
        str(match.get("PatientID", "")),
        shown_text("StudyDate", match.get("StudyDate", "")),
        str(match.get("StudyDescription", "")),
        modalities if isinstance(modalities, str) else ", ".join(modalities),
        str(match.get("NumberOfStudyRelatedInstances", "") or ""),
        peer.label,
    ]


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
