"""The patients, studies, series and files of a database as one tree for views of Qt, and a filter on it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from qtpy.QtCore import QAbstractItemModel, QModelIndex, QObject, QSortFilterProxyModel, Qt

from DICOMLib.database import Database
from DICOMLib.standard.person_names import displayed_person_name
from DICOMLib.widgets.translation import _

_NO_INDEX = QModelIndex()
PAGE = 256  # rows that are shown at once; views ask for more as one scrolls
NO_NAME = "No description"
HEADERS = ("Name", "Age", "Scan", "Date", "Subject ID", "Number", "Institution", "Referrer", "Performer")


class IndexType(IntEnum):
    """What a row stands for."""

    RootType = 0
    PatientType = 1
    StudyType = 2
    SeriesType = 3
    ImageType = 4


# Of each level: the rows of the database, the column that names them, the one that refers to the row above,
# and what is shown below the headers.
_LEVELS: dict[int, tuple[str, str, str, Mapping[str, str]]] = {
    IndexType.PatientType: (
        "patients",
        "UID",
        "",
        {
            "Name": "PatientsName",
            "Age": "PatientsAge",
            "Date": "PatientsBirthDate",
            "Subject ID": "PatientID",
        },
    ),
    IndexType.StudyType: (
        "studies",
        "StudyInstanceUID",
        "PatientsUID",
        {
            "Name": "StudyDescription",
            "Scan": "ModalitiesInStudy",
            "Date": "StudyDate",
            "Number": "AccessionNumber",
            "Institution": "InstitutionName",
            "Referrer": "ReferringPhysician",
            "Performer": "PerformingPhysiciansName",
        },
    ),
    IndexType.SeriesType: (
        "series",
        "SeriesInstanceUID",
        "StudyInstanceUID",
        {
            "Name": "SeriesDescription",
            "Age": "BodyPartExamined",
            "Scan": "Modality",
            "Date": "SeriesDate",
            "Number": "SeriesNumber",
        },
    ),
    IndexType.ImageType: ("instances", "Filename", "SeriesInstanceUID", {"Name": "Filename"}),
}


class _Item:
    """A row of the tree."""

    __slots__ = ("children", "level", "parent", "place", "row", "shown", "uid")

    def __init__(
        self, level: int, uid: str, row: Mapping[str, Any], parent: _Item | None, place: int
    ) -> None:
        self.level, self.uid, self.row, self.parent, self.place = level, uid, row, parent, place
        self.children: list[_Item] | None = None  # None until they are read
        self.shown = 0


class ctkDICOMModel(QAbstractItemModel):
    """Patients, their studies, series and files; what is below a row is read when a view asks for it.

    It shows the database as it is when `setDatabase` or `reset` is called.
    """

    IndexType = IndexType
    RootType = IndexType.RootType
    PatientType = IndexType.PatientType
    StudyType = IndexType.StudyType
    SeriesType = IndexType.SeriesType
    ImageType = IndexType.ImageType
    UIDRole = int(Qt.UserRole)
    TypeRole = int(Qt.UserRole) + 1

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database: Database | None = None
        self._end_level = int(IndexType.ImageType)
        self._sort: tuple[int, bool] | None = None
        self._root = _Item(IndexType.RootType, "", {}, None, 0)

    # What scripts ask

    def setDatabase(self, database: Any, _parameters: Any = None) -> None:
        """Show a database: `slicer.dicomDatabase`, one of `DICOMLib.database`, or None for nothing."""
        core = getattr(database, "core", database)
        self.beginResetModel()
        self._database = core if isinstance(core, Database) else None
        self._root = _Item(IndexType.RootType, "", {}, None, 0)
        self.endResetModel()

    def database(self) -> Database | None:
        """The database that is shown, unless it has been closed."""
        return self._database if self._database is not None and self._database.is_open else None

    def reset(self) -> None:
        """Read everything anew."""
        self.setDatabase(self._database)

    @property
    def endLevel(self) -> int:
        """The last level that is shown."""
        return self._end_level

    @endLevel.setter
    def endLevel(self, level: int) -> None:
        self._end_level = int(level)
        self.reset()

    def setEndLevel(self, level: int) -> None:
        """Set `endLevel`."""
        self.endLevel = level

    # What Qt asks

    def columnCount(self, _parent: QModelIndex = _NO_INDEX) -> int:
        """Number of the columns, which are those of all levels."""
        return len(HEADERS)

    def rowCount(self, parent: QModelIndex = _NO_INDEX) -> int:
        """Number of the rows that have been fetched."""
        return self._item(parent).shown if parent.column() <= 0 else 0

    def hasChildren(self, parent: QModelIndex = _NO_INDEX) -> bool:
        """Whether there is something below; it is read only if that is asked for."""
        return parent.column() <= 0 and bool(self._children(self._item(parent)))

    def canFetchMore(self, parent: QModelIndex) -> bool:
        """Whether not all rows below are shown yet."""
        item = self._item(parent)
        return parent.column() <= 0 and item.shown < len(self._children(item))

    def fetchMore(self, parent: QModelIndex) -> None:
        """Show the next rows below."""
        item = self._item(parent)
        last = min(item.shown + PAGE, len(self._children(item)))
        if last > item.shown:
            self.beginInsertRows(parent, item.shown, last - 1)
            item.shown = last
            self.endInsertRows()

    def index(self, row: int, column: int, parent: QModelIndex = _NO_INDEX) -> QModelIndex:
        """Index of a row below another."""
        item = self._item(parent)
        if parent.column() > 0 or not (0 <= row < item.shown and 0 <= column < len(HEADERS)):
            return QModelIndex()
        return self.createIndex(row, column, self._children(item)[row])

    def parent(self, index: QModelIndex | None = None) -> Any:
        """Index of the row above; without an index, the parent of this object."""
        if index is None:
            return super().parent()
        above = self._item(index).parent if index.isValid() else None
        if above is None or above.parent is None:
            return QModelIndex()
        return self.createIndex(above.place, 0, above)

    def data(self, index: QModelIndex, role: int = int(Qt.DisplayRole)) -> Any:
        """Text of a cell, or UID and level of its row."""
        if not index.isValid():
            return None
        item = self._item(index)
        if role == self.UIDRole:
            return item.uid
        if role == self.TypeRole:
            return int(item.level)
        return _text(item, HEADERS[index.column()]) if role == int(Qt.DisplayRole) else None

    def headerData(self, section: int, orientation: Any, role: int = int(Qt.DisplayRole)) -> Any:
        """Text above a column."""
        if orientation == Qt.Horizontal and role == int(Qt.DisplayRole) and 0 <= section < len(HEADERS):
            return _(HEADERS[section])
        return None

    def sort(self, column: int, order: Any = Qt.AscendingOrder) -> None:
        """Sort the rows of each level by the text of a column; a negative one restores their own order."""
        self._sort = (column, order == Qt.DescendingOrder) if column >= 0 else None
        self.reset()

    def _item(self, index: QModelIndex) -> _Item:
        item = index.internalPointer() if index.isValid() else self._root
        return item if isinstance(item, _Item) else self._root

    def _children(self, item: _Item) -> Sequence[_Item]:
        if item.children is None:
            item.children = []
            database = self.database()
            if database is not None and item.level < self._end_level:
                item.children = self._read(database, item)
        return item.children

    def _read(self, database: Database, above: _Item) -> list[_Item]:
        level = above.level + 1
        name, key, reference, _shown = _LEVELS[level]
        rows = database.rows(name, **{reference: above.uid} if reference else {})
        items = [_Item(level, str(row[key] or ""), row, above, 0) for row in rows]
        if self._sort is not None:
            header = HEADERS[self._sort[0]]
            items.sort(key=lambda item: _text(item, header).casefold(), reverse=self._sort[1])
        for place, item in enumerate(items):
            item.place = place
        return items


def _text(item: _Item, header: str) -> str:
    value = item.row.get(_LEVELS[item.level][3].get(header, ""))
    text = "" if value is None else str(value)
    if header != "Name":
        return text
    if item.level == IndexType.PatientType:
        text = displayed_person_name(text)
    return text or _(NO_NAME)


class ctkDICOMFilterProxyModel(QSortFilterProxyModel):
    """Of a `ctkDICOMModel`, the patients, studies and series that have what is searched for on each level.

    Texts may have the wildcards "*" and "?"; of a name, each word is looked for by itself.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts = {"PatientsName": "", "StudyDescription": "", "SeriesDescription": "", "PatientID": ""}
        self._found: dict[int, frozenset[str]] = {}

    def setNameSearchText(self, text: str) -> None:
        """Search for the name of the patient."""
        self._search("PatientsName", text)

    def setStudySearchText(self, text: str) -> None:
        """Search for the description of the study."""
        self._search("StudyDescription", text)

    def setSeriesSearchText(self, text: str) -> None:
        """Search for the description of the series."""
        self._search("SeriesDescription", text)

    def setIdSearchText(self, text: str) -> None:
        """Search for the ID of the patient."""
        self._search("PatientID", text)

    def setSourceModel(self, model: Any) -> None:
        """Filter a model; what is searched for is looked up anew once it is filled anew."""
        previous = self.sourceModel()
        if previous is not None:
            previous.modelAboutToBeReset.disconnect(self._found.clear)
        model.modelAboutToBeReset.connect(self._found.clear)
        super().setSourceModel(model)

    def _search(self, field: str, text: str) -> None:
        self._texts[field] = text.strip()
        self._found.clear()
        self.invalidate()  # newer Qt deprecates the one for filters only

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        """Whether a row, or what is below it, has all that is searched for."""
        model = self.sourceModel()
        index = model.index(row, 0, parent)
        level = index.data(ctkDICOMModel.TypeRole)
        if level not in (IndexType.PatientType, IndexType.StudyType, IndexType.SeriesType):
            return True
        terms = list(self._terms())
        if not terms or model.database() is None:
            return True
        if level not in self._found:
            self._found[level] = frozenset(model.database().search(_LEVELS[level][0], " ".join(terms)))
        return index.data(ctkDICOMModel.UIDRole) in self._found[level]

    def _terms(self) -> Any:
        """The terms of a search in the database."""
        for field, text in self._texts.items():
            for word in re.findall(r"[^\s,^]+", text) if field == "PatientsName" else filter(None, [text]):
                quoted = word.replace('"', '""')
                wild = "*" in word or "?" in word
                yield f'{field}:"*{quoted}*"' if wild else f'{field}~"{quoted}"'
