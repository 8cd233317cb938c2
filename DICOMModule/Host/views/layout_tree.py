"""Widgets for a layout description: rows, columns, grids and tabs of views."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QLabel, QSplitter, QTabWidget, QVBoxLayout, QWidget

from DICOMLib.widgets.translation import _

HANDLE_WIDTH = 3
DEFAULT_SHARE = 500  # of an item without a size of its own

# Gives the widgets of a view element, most often one, and their titles.
ViewMaker = Callable[[Any], list[tuple[str, QWidget]]]


def nested(element: Any) -> Iterator[Any]:
    """The elements directly below one (vtkXMLDataElement)."""
    for index in range(element.GetNumberOfNestedElements()):
        yield element.GetNestedElement(index)


def viewport_elements(root: Any) -> list[Any]:
    """The layouts of a description, the main one first; more than one if it has several windows."""
    return list(nested(root)) if root.GetName() == "viewports" else [root]


def build_layout(element: Any, make: ViewMaker) -> QWidget:
    """Build a `<layout>` element.

    Parameters
    ----------
    element
        vtkXMLDataElement.
    make
        Called for each element that stands for views.
    """
    if element.GetName() != "layout":
        return _only(make(element))
    kind = element.GetAttribute("type") or "horizontal"
    builders = {"grid": _grid, "tab": _tabs}
    return builders.get(kind, _split)(element, make)


def _only(views: list[tuple[str, QWidget]]) -> QWidget:
    if len(views) == 1:
        return views[0][1]
    row = _splitter(Qt.Horizontal)
    for _title, widget in views:
        row.addWidget(widget)
    return row


def _item_widgets(item: Any, make: ViewMaker) -> list[tuple[str, QWidget]]:
    """What is inside an `<item>`; an item for many views ("multiple") may hold any number."""
    made: list[tuple[str, QWidget]] = []
    for content in nested(item):
        if content.GetName() == "layout":
            made.append((content.GetAttribute("label") or "", build_layout(content, make)))
        else:
            if (item.GetAttribute("multiple") or "").lower() == "true":
                content.SetAttribute("multiple", "true")
            made += make(content)
    return made


def _splitter(orientation: Any) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(HANDLE_WIDTH)
    splitter.setChildrenCollapsible(False)
    splitter.setObjectName("ViewSplitter")
    return splitter


def _split(element: Any, make: ViewMaker) -> QWidget:
    vertical = element.GetAttribute("type") == "vertical"
    splitter = _splitter(Qt.Vertical if vertical else Qt.Horizontal)
    shares = []
    for item in nested(element):
        share = item.GetAttribute("splitSize")
        for _title, widget in _item_widgets(item, make):
            splitter.addWidget(widget)
            shares.append(int(share) if share and share.isdigit() else DEFAULT_SHARE)
    for index, share in enumerate(shares):
        splitter.setStretchFactor(index, share)
    # far more than there is: only the proportions count
    splitter.setSizes([share * 100 for share in shares])
    return splitter


def _grid(element: Any, make: ViewMaker) -> QWidget:
    widget = QWidget()
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(HANDLE_WIDTH)
    for item in nested(element):
        row, column = (int(item.GetAttribute(name) or 0) for name in ("row", "column"))
        row_span, column_span = (int(item.GetAttribute(name) or 1) for name in ("rowspan", "colspan"))
        for _title, view in _item_widgets(item, make):
            grid.addWidget(view, row, column, row_span, column_span)
    return widget


def _tabs(element: Any, make: ViewMaker) -> QWidget:
    tabs = QTabWidget()
    tabs.setDocumentMode(True)
    for item in nested(element):
        for title, view in _item_widgets(item, make):
            tabs.addTab(view, item.GetAttribute("name") or title)
    return tabs


def filled(parent: QWidget, child: QWidget) -> None:
    """Let `child` fill `parent`, which has nothing else in it."""
    if parent.layout() is None:
        column = QVBoxLayout(parent)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
    parent.layout().addWidget(child)


def missing_view(name: str) -> QWidget:
    """What stands in the place of a view that this program cannot show."""
    label = QLabel(_("The view “{name}” is not available here.").format(name=name))
    label.setObjectName("MissingView")
    label.setWordWrap(True)
    label.setMargin(24)
    return label
