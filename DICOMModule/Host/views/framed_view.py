"""A view with its bar above, as it stands in the layout."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QFrame, QVBoxLayout, QWidget

from DICOMModule.Host.dialect.qt_dialect import dialect


class FramedView(dialect(QFrame)):  # type: ignore[misc]
    """A view with its bar above.

    Parameters
    ----------
    node
        View node.
    view
        The view.
    controller
        The bar.
    parent
        Widget.
    """

    def __init__(self, node: Any, view: QWidget, controller: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._node, self._view, self._controller = node, view, controller
        QFrame.setObjectName(self, f"{type(self).__name__}{node.GetLayoutName()}")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(controller)
        column.addWidget(view, 1)

    def mrmlScene(self) -> Any:
        """The vtkMRMLScene."""
        return self._node.GetScene()

    def viewLabel(self) -> str:
        """The letter of the view."""
        return str(self._node.GetLayoutLabel())

    def dispose(self) -> None:
        """Let MRML go."""
        self._controller.dispose()
