"""What a user arranged in the tables - sizes, widths, order - kept in the settings."""

from __future__ import annotations

import json
from typing import Any

from qtpy.QtCore import QEvent, QObject, QSettings, Qt
from qtpy.QtWidgets import QHeaderView, QSplitter

GROUP = "DICOM/TableState"


class SplitterState(QObject):
    """Keeps the sizes of a splitter that a user moved; those of each orientation by themselves."""

    def __init__(self, splitter: QSplitter, name: str) -> None:
        super().__init__(splitter)
        self._splitter = splitter
        self._name, self._first = name, splitter.orientation()
        self._restore()
        splitter.splitterMoved.connect(lambda *_place: QSettings().setValue(self._key, splitter.saveState()))

    @property
    def _key(self) -> str:
        turned = self._splitter.orientation() != self._first
        return f"{GROUP}/{self._name}" + ("Turned" if turned else "")

    def _restore(self) -> None:
        stored = QSettings().value(self._key)
        if stored:
            self._splitter.restoreState(stored)

    def turn(self, orientation: Qt.Orientation) -> None:
        """Let the parts stand in this direction, in the sizes that they had so."""
        self._splitter.setOrientation(orientation)
        self._restore()


class HeaderState(QObject):
    """Keeps column widths and order that a user chose, by the names of the columns.

    The database says how columns look at first; what the user does afterwards by the mouse goes on top.
    """

    def __init__(self, header: QHeaderView, name: str) -> None:
        super().__init__(header)
        self._header = header
        self._key = f"{GROUP}/{name}"
        self._fields: list[str] = []
        self._pressed_widths: list[int] = []
        header.viewport().installEventFilter(self)
        header.sectionClicked.connect(lambda _section: self._keep_order())

    def follow(self, fields: list[str]) -> None:
        """Say which columns there are, and give them the widths that were kept."""
        self._fields = list(fields)
        for field, width in self._stored().get("widths", {}).items():
            if field in self._fields:
                self._header.resizeSection(self._fields.index(field), int(width))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Keep the widths that differ between the press and the release of a mouse button."""
        if event.type() == QEvent.MouseButtonPress:
            self._pressed_widths = self._widths()
        elif event.type() == QEvent.MouseButtonRelease and self._pressed_widths:
            self._keep_widths()
        return False

    def order(self, fields: list[str]) -> tuple[int, Qt.SortOrder] | None:
        """The column by which a user sorted last; None if there is none."""
        field, descending = self._stored().get("order", ("", False))
        if field not in fields:
            return None
        return fields.index(field), Qt.DescendingOrder if descending else Qt.AscendingOrder

    def _stored(self) -> dict[str, Any]:
        try:
            stored = json.loads(str(QSettings().value(self._key, "{}")))
        except ValueError:
            return {}
        return stored if isinstance(stored, dict) else {}

    def _keep(self, **values: Any) -> None:
        QSettings().setValue(self._key, json.dumps({**self._stored(), **values}))

    def _widths(self) -> list[int]:
        return [self._header.sectionSize(i) for i in range(len(self._fields))]

    def _keep_widths(self) -> None:
        fixed = (QHeaderView.Stretch, QHeaderView.ResizeToContents)
        changed = {
            field: now
            for i, (field, before, now) in enumerate(
                zip(self._fields, self._pressed_widths, self._widths(), strict=False)
            )
            if now != before and self._header.sectionResizeMode(i) not in fixed
        }
        if changed:
            self._keep(widths={**self._stored().get("widths", {}), **changed})

    def _keep_order(self) -> None:
        section = self._header.sortIndicatorSection()
        if section < len(self._fields):
            descending = self._header.sortIndicatorOrder() == Qt.DescendingOrder
            self._keep(order=(self._fields[section], descending))
