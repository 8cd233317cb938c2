"""Slicer's widgets for segments and for numbers with units, as `.ui` files of scripted modules use them."""

from __future__ import annotations

from typing import Any

from qtpy import QtCore, QtWidgets
from qtpy.QtCore import Signal

from DICOMModule.Host.dialect.ctk_value_widgets import ctkDoubleSpinBox, ctkRangeWidget, ctkSliderWidget
from DICOMModule.Host.dialect.node_check_box import qMRMLCheckableNodeComboBox
from DICOMModule.Host.dialect.node_combo_box import qMRMLNodeComboBox, qMRMLWidget
from DICOMModule.Host.dialect.volume_threshold_widget import qMRMLVolumeThresholdWidget
from DICOMModule.Host.views.plot_view import qMRMLPlotView
from DICOMModule.Host.views.table_view import qMRMLTableView
from DICOMModule.Host.views.views import Observers, weakly


class qMRMLSegmentSelectorWidget(qMRMLWidget):
    """Chooses a segmentation, and a segment of it."""

    currentNodeChanged = Signal(object)
    currentSegmentChanged = Signal(str)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._nodes = qMRMLNodeComboBox()
        self._nodes.addEnabled = self._nodes.removeEnabled = False
        self._nodes.noneEnabled = True
        self._nodes.setNodeTypes(["vtkMRMLSegmentationNode"])
        self._segments = QtWidgets.QComboBox()
        self._observers = Observers()
        self._nodes.currentNodeChanged.connect(self._on_node)
        self._segments.currentIndexChanged.connect(
            lambda _i: self.currentSegmentChanged.emit(self.currentSegmentID())
        )
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._nodes, 1)
        row.addWidget(self._segments, 1)
        QtCore.QObject.destroyed.__get__(self).connect(self._observers.clear)

    def setMRMLScene(self, scene: Any) -> None:
        """Offer the segmentations of a scene."""
        super().setMRMLScene(scene)
        self._nodes.setMRMLScene(scene)

    def _on_node(self, node: Any) -> None:
        self._observers.clear()
        if node is not None:
            segmentation = node.GetSegmentation()
            for event in (segmentation.SegmentAdded, segmentation.SegmentRemoved):
                self._observers.add(segmentation, event, weakly(self._fill))
        self._fill()
        self.currentNodeChanged.emit(node)

    def _fill(self) -> None:
        node, before = self.currentNode(), self.currentSegmentID()
        self._segments.blockSignals(True)
        self._segments.clear()
        for segment_id in node.GetSegmentation().GetSegmentIDs() if node is not None else ():
            self._segments.addItem(node.GetSegmentation().GetSegment(segment_id).GetName(), segment_id)
        self._segments.setCurrentIndex(max(0, self._segments.findData(before)))
        self._segments.blockSignals(False)
        if self.currentSegmentID() != before:
            self.currentSegmentChanged.emit(self.currentSegmentID())

    def currentNode(self) -> Any:
        """The chosen segmentation."""
        return self._nodes.currentNode()

    def setCurrentNode(self, node: Any) -> None:
        """Choose a segmentation."""
        self._nodes.setCurrentNode(node)

    def currentNodeID(self) -> str:
        """ID of the chosen segmentation."""
        return str(self._nodes.currentNodeID)

    def currentSegmentID(self) -> str:
        """ID of the chosen segment, "" for none."""
        return str(self._segments.currentData() or "")

    def setCurrentSegmentID(self, segment_id: str) -> None:
        """Choose a segment."""
        self._segments.setCurrentIndex(self._segments.findData(segment_id))


class _WithUnit:
    """Shows the unit of a quantity of the scene behind the number."""

    _scene: Any = None
    _quantity = ""

    def setMRMLScene(self, scene: Any) -> None:
        """Take units from a scene."""
        self._scene = scene
        self.setSuffix(_suffix(scene, self._quantity))  # type: ignore[attr-defined]

    def setQuantity(self, quantity: str) -> None:
        """What is measured, such as "length"."""
        self._quantity = quantity
        self.setSuffix(_suffix(self._scene, quantity))  # type: ignore[attr-defined]

    quantity = property(lambda self: self._quantity, setQuantity)


class qMRMLSliderWidget(_WithUnit, ctkSliderWidget):
    """A slider with a unit."""


class qMRMLRangeWidget(_WithUnit, ctkRangeWidget):
    """A range with a unit."""


class qMRMLSpinBox(_WithUnit, ctkDoubleSpinBox):
    """A box for a number with a unit."""


class qMRMLColorTableComboBox(qMRMLNodeComboBox):
    """Chooses a colour table."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.addEnabled = self.removeEnabled = False
        self.showHidden = True  # Slicer's own tables are hidden from editors
        self.setNodeTypes(["vtkMRMLColorTableNode", "vtkMRMLProceduralColorNode"])


def _suffix(scene: Any, quantity: str) -> str:
    """Unit of a quantity as it is written behind a number."""
    selection = scene.GetNodeByID("vtkMRMLSelectionNodeSingleton") if scene is not None else None
    unit = selection.GetUnitNode(quantity) if selection is not None and quantity else None
    return f" {unit.GetSuffix()}" if unit is not None and unit.GetSuffix() else ""


__all__ = [
    "qMRMLCheckableNodeComboBox",
    "qMRMLColorTableComboBox",
    "qMRMLNodeComboBox",
    "qMRMLPlotView",
    "qMRMLRangeWidget",
    "qMRMLSegmentSelectorWidget",
    "qMRMLSliderWidget",
    "qMRMLSpinBox",
    "qMRMLTableView",
    "qMRMLVolumeThresholdWidget",
    "qMRMLWidget",
]
