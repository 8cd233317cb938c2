"""What views of a table and of a plot have in common: a bar to choose the node, and the view below."""

from __future__ import annotations

from typing import Any

import vtk
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QWidget

from DICOMModule.Host.dialect.node_combo_box import qMRMLNodeComboBox
from DICOMModule.Host.views.framed_view import FramedView
from DICOMModule.Host.views.view_bar import ViewBar
from DICOMModule.Host.views.views import Observers, weakly


class NodeBar(ViewBar):
    """The bar above a view, with a box to choose the node that it shows.

    Parameters
    ----------
    node
        View node.
    class_name
        Class of the nodes to choose from.
    color
        Of the label.
    choose
        Name of the view node's method that takes the ID of the chosen node.
    """

    def __init__(self, node: Any, class_name: str, color: str, choose: str) -> None:
        super().__init__(node.GetLayoutLabel() or "", QColor(color))
        self.nodes = qMRMLNodeComboBox()
        self.nodes.noneEnabled = True
        self.nodes.addEnabled = self.nodes.removeEnabled = False
        self.nodes.setNodeTypes([class_name])
        self.nodes.setMRMLScene(node.GetScene())
        self.nodes.currentNodeIDChanged.connect(lambda node_id: getattr(node, choose)(node_id or None))
        self.bar.addWidget(self.nodes, 1)

    def dispose(self) -> None:
        """Let MRML go."""
        self.nodes.setMRMLScene(None)


class NodeViewWidget(FramedView):
    """A view with its bar; it shows what its view node names.

    Parameters
    ----------
    node
        View node.
    controller
        The bar.
    view
        The view below.
    parent
        Widget.
    """

    def __init__(self, node: Any, controller: NodeBar, view: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(node, view, controller, parent)
        self._observers = Observers()
        self._observers.add(node, vtk.vtkCommand.ModifiedEvent, weakly(self._follow))
        self._follow()

    def _follow(self) -> None:
        """Show what the view node names."""
        raise NotImplementedError

    def dispose(self) -> None:
        """Let MRML go."""
        self._observers.clear()
        super().dispose()
