"""What an export or a de-identification changes, attribute by attribute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QBrush, QColor
from qtpy.QtWidgets import QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem, QWidget

from DICOMLib.widgets.translation import _

COLORS = {
    "added": QColor(90, 190, 110, 70),
    "removed": QColor(220, 80, 80, 70),
    "changed": QColor(230, 170, 40, 70),
}


class ChangeTable(QTreeWidget):
    """One section for each file or series; removed, changed and added attributes by colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderLabels([_("Tag"), _("Attribute"), _("Before"), _("After")])
        header = self.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeToContents)
        for column in (2, 3):
            header.setSectionResizeMode(column, QHeaderView.Stretch)
        header.setStretchLastSection(False)

    def show_changes(self, sections: Sequence[tuple[str, Sequence[Any]]], notes: Sequence[str] = ()) -> None:
        """Show notes and (title, changes) with `tag`, `name`, `before`, `after` and `kind` of each change."""
        self.clear()
        for title, changes in sections:
            section = QTreeWidgetItem([title])
            font = section.font(0)
            font.setBold(True)
            section.setFont(0, font)
            self.addTopLevelItem(section)
            section.setFirstColumnSpanned(True)
            for change in changes:
                row = QTreeWidgetItem([change.tag, change.name, change.before, change.after])
                for column in range(4):
                    row.setBackground(column, COLORS.get(change.kind, QColor(0, 0, 0, 0)))
                    row.setToolTip(column, row.text(column))
                section.addChild(row)
            section.setExpanded(True)
        if not sections:
            self.say(_("Nothing to compare with: the data were not made of DICOM images."))
        for number, note in enumerate(notes):
            self._insert_text(number, note)

    def say(self, text: str) -> None:
        """Show a text instead."""
        self.clear()
        self._insert_text(0, text)

    def _insert_text(self, place: int, text: str) -> None:
        """A row as wide as the table, whose text is wrapped and never cut."""
        row = QTreeWidgetItem([text])
        row.setToolTip(0, text)
        self.insertTopLevelItem(place, row)
        row.setFirstColumnSpanned(True)
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.PlainText)
        label.setMargin(2)
        row.setForeground(0, QBrush(Qt.transparent))  # the label shows it; the text stays to be read
        self.setItemWidget(row, 0, label)
        self._fit(row, label)

    def resizeEvent(self, event: Any) -> None:
        """Wrap the texts anew."""
        super().resizeEvent(event)
        for place in range(self.topLevelItemCount()):
            label = self.itemWidget(self.topLevelItem(place), 0)
            if label is not None:
                self._fit(self.topLevelItem(place), label)

    def _fit(self, row: QTreeWidgetItem, label: QWidget) -> None:
        """Make a row as high as its text needs."""
        width = self.viewport().width() - self.indentation()
        row.setSizeHint(0, QSize(0, label.heightForWidth(width)))
