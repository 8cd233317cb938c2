"""The receipt of a transfer: asked against transferred for each series, and why the rest was not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QFileDialog,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from DICOMLib.network.receipt import Receipt
from DICOMLib.widgets.empty_text import EmptyText
from DICOMLib.widgets.file_questions import ask_new_file, save_text
from DICOMLib.widgets.translation import _

SHOWN_INSTANCES = 500  # that failed, of one series; the saved receipt has all

log = logging.getLogger(__name__)


class ReceiptView(QTreeWidget):
    """Shows a receipt; `save` writes it as text or JSON.

    Parameters
    ----------
    name_of
        Gives a name of a series by its UID, "" where there is none; the UID is shown then.
    """

    saved = Signal(str)

    def __init__(
        self, parent: QWidget | None = None, name_of: Callable[[str], str] = lambda _uid: ""
    ) -> None:
        super().__init__(parent)
        self.receipt: Receipt | None = None
        self._name_of = name_of
        self.setAccessibleName(_("Receipt"))
        self.setHeaderLabels([_("Series"), _("Asked"), _("Transferred"), _("Missing")])
        self.setUniformRowHeights(True)
        self.setTextElideMode(Qt.ElideMiddle)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.Stretch)
        self.emptyText = EmptyText(self, "")
        self.tell_to_choose(False)

    def tell_to_choose(self, choose: bool) -> None:
        """Say, while no receipt is shown, that a transfer is to be chosen, or that there is none yet."""
        none = _("No receipt: it comes with the end of a transfer that has reached its peer.")
        self.emptyText.set_text(_("Choose a transfer to see its receipt.") if choose else none)

    def show_receipt(self, receipt: Receipt | None) -> None:
        """Show this receipt, or none."""
        self.receipt = receipt
        self.clear()
        if receipt is None:
            return
        unknown = _("not reached: cancelled") if receipt.cancelled else _("no reason given")
        for series in receipt.series.values():
            missing = len(series.missing)
            numbers = [str(len(series.asked)), str(len(series.done)), str(missing or "")]
            item = _row(self._name_of(series.series_uid) or series.series_uid, numbers, series.series_uid)
            reasons = ((uid, series.failed.get(uid, unknown)) for uid in sorted(series.missing))
            _add(item, reasons, missing)
            self.addTopLevelItem(item)
            item.setExpanded(bool(missing))
        for what, reason in receipt.faults:
            self.addTopLevelItem(_row(f"{reason} – {what}", [], what))  # noqa: RUF001
        for remark in receipt.remarks:
            self.addTopLevelItem(_row(remark, [], remark))

    # Saving

    def chooseFile(self) -> QFileDialog:
        """Ask where to save the receipt."""
        filters = [_("Text (*.txt)"), _("JSON (*.json)")]
        return ask_new_file(self, _("Save the receipt"), self.save, "receipt.txt", filters)

    def save(self, path: str) -> None:
        """Write the receipt; the suffix tells the format."""
        if self.receipt is None:
            return
        as_json = Path(path).suffix.lower() == ".json"
        text = self.receipt.as_json() if as_json else self.receipt.as_text()
        if save_text(self, _("Save the receipt"), path, text):
            self.saved.emit(path)


def _row(text: str, numbers: Iterable[str], tip: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem([text, *numbers])
    item.setToolTip(0, tip)
    for column in (1, 2, 3):
        item.setTextAlignment(column, Qt.AlignRight | Qt.AlignVCenter)
    return item


def _add(item: QTreeWidgetItem, reasons: Iterable[tuple[str, str]], count: int) -> None:
    """Instances that were not transferred, each with its reason."""
    for _number, (uid, reason) in zip(range(SHOWN_INSTANCES), reasons, strict=False):
        item.addChild(_row(f"{uid}: {reason}", [], f"{uid}\n{reason}"))
    if count > SHOWN_INSTANCES:
        item.addChild(_row(_("… and {count} more").format(count=count - SHOWN_INSTANCES), [], ""))
