"""What lists with buttons have in common: rows instead of cells, and buttons that Enter does not press."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QPushButton, QTableView, QWidget


def show_as_list(table: QTableView) -> None:
    """Let a table show rows: whole ones are chosen, without a grid or numbers before them; Tab leaves it."""
    table.setTabKeyNavigation(False)
    table.setSelectionBehavior(QAbstractItemView.SelectRows)
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)


def push_button(parent: QWidget, text: str, slot: Callable[[], object], tip: str = "") -> QPushButton:
    """Make a button that Enter in a dialog does not press; `slot` is called without arguments."""
    button = QPushButton(text, parent)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _checked=False: slot())
    return button
