"""The bar above a slice view: where the slice lies, how it is turned, and what is shown of it."""

from __future__ import annotations

from typing import Any

import vtk
from qtpy.QtCore import QSignalBlocker, Qt, QTimer
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from DICOMLib.widgets.translation import _
from DICOMModule.Host.views.slice_menu import SliceMenu
from DICOMModule.Host.views.slice_view import fit_slice
from DICOMModule.Host.views.view_bar import ViewBar
from DICOMModule.Host.views.views import Observers

ORIENTATIONS = ("Axial", "Sagittal", "Coronal")
REFORMAT = "Reformat"
MOST_STEPS = 100_000
# Widths below which a control gives way, the least needed first.
GIVE_WAY = (("combo", 400), ("link_button", 330), ("spin", 290), ("visible_button", 230), ("fit_button", 190))


class SliceController(ViewBar):
    """Label, offset, orientation and buttons of one slice view.

    Parameters
    ----------
    logic
        vtkMRMLSliceLogic with a slice node.
    application_logic
        vtkMRMLApplicationLogic; knows the logics of the linked views.
    parent
        Widget.
    """

    def __init__(self, logic: Any, application_logic: Any, parent: QWidget | None = None) -> None:
        node = logic.GetSliceNode()
        red, green, blue = node.GetLayoutColor()
        super().__init__(node.GetLayoutLabel() or "", QColor.fromRgbF(red, green, blue), parent)
        QFrame.setObjectName(self, f"SliceController{node.GetLayoutName()}")
        self._logic, self._application_logic, self._node = logic, application_logic, node
        self._step = 1.0
        self._low = 0.0
        self._pending = QTimer(self)
        self._pending.setSingleShot(True)
        self._pending.setInterval(0)
        self._pending.timeout.connect(self._refresh)
        self._build()
        self.observers = Observers()
        for subject in (node, logic.GetSliceCompositeNode(), logic):
            self.observers.add(subject, vtk.vtkCommand.ModifiedEvent, self._on_modified)
        self._refresh()

    def _build(self) -> None:
        self.slider = QSlider(Qt.Horizontal)
        self.slider.setObjectName("SliceOffsetSlider")
        self.slider.setToolTip(_("Position of the slice; the mouse wheel and the arrow keys move it, too"))
        self.slider.setAccessibleName(_("Position of the slice"))
        self.slider.setMinimumWidth(50)
        self.slider.setPageStep(10)
        self.slider.valueChanged.connect(self._on_slider)
        self.slider.sliderPressed.connect(self._logic_start)
        self.slider.sliderReleased.connect(self._logic_end)
        self.spin = QDoubleSpinBox()
        self.spin.setObjectName("SliceOffsetSpinBox")
        self.spin.setAccessibleName(_("Slice offset"))
        self.spin.setSuffix(_(" mm"))
        self.spin.setButtonSymbols(QAbstractSpinBox.NoButtons)
        self.spin.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        self.spin.setFixedWidth(self.spin.fontMetrics().horizontalAdvance("-8888.88 mm") + 14)
        self.spin.setKeyboardTracking(False)
        self.spin.valueChanged.connect(self.setSliceOffsetValue)
        self.combo = QComboBox()
        self.combo.setObjectName("SliceOrientationSelector")
        # the width follows its texts at all times: "Reformat" is added when a slice lies obliquely
        self.combo.setSizeAdjustPolicy(QComboBox.AdjustToContents)
        self.combo.setSizePolicy(QSizePolicy.Minimum, QSizePolicy.Fixed)
        self.combo.setToolTip(_("How the slice lies in the patient"))
        self.combo.setAccessibleName(_("Orientation of the slice"))
        self.combo.currentTextChanged.connect(self.setSliceOrientation)
        self.bar.addWidget(self.slider, 1)
        self.bar.addWidget(self.spin)
        self.bar.addWidget(self.combo)
        self._build_buttons()

    def _build_buttons(self) -> None:
        self.fit_button = self.add_button(
            "Fit", _("Fit the slice into the window"), self.fitSliceToBackground
        )
        self.link_button = self.add_button(
            "Link", _("Change all slice views together"), self.setSliceLink, checkable=True
        )
        self.visible_button = self.add_button(
            "Hidden", _("Show this slice in the 3D views"), self.setSliceVisible, checkable=True
        )
        self.more_button = self.add_button("More", _("Volumes and what is drawn over the slice"))
        self.more_button.setPopupMode(QToolButton.InstantPopup)
        self.more_button.setMenu(SliceMenu(self))

    def resizeEvent(self, event: Any) -> None:
        """In a narrow view the controls that are least needed give way; the menu has them all."""
        super().resizeEvent(event)
        for name, width in GIVE_WAY:
            getattr(self, name).setVisible(QFrame.width(self) >= width)

    # From the scene to the bar

    def _on_modified(self, *_event: Any) -> None:
        if not self._pending.isActive():
            self._pending.start()

    def _refresh(self) -> None:
        if self._logic is None:
            return
        self._refresh_range()
        self._refresh_offset()
        self._refresh_orientation()
        composite = self._logic.GetSliceCompositeNode()
        shown = bool(self._node.GetSliceVisible())
        self.visible_button.setChecked(shown)
        self.set_icon(self.visible_button, "Visible" if shown else "Hidden")
        linked = composite is not None and bool(composite.GetLinkedControl())
        self.link_button.setChecked(linked)

    def _refresh_range(self) -> None:
        bounds = [0.0, 0.0]
        step = vtk.reference(1.0)
        if not self._logic.GetSliceOffsetRangeResolution(bounds, step):
            bounds, step = [-100.0, 100.0], vtk.reference(1.0)
        low, high = bounds
        self._step = max(float(step), (high - low) / MOST_STEPS, 1e-6)
        self._low = low
        with QSignalBlocker(self.slider), QSignalBlocker(self.spin):
            self.slider.setRange(0, max(0, round((high - low) / self._step)))
            self.spin.setDecimals(2 if self._step >= 0.05 else 4)
            self.spin.setRange(low - self._step, high + self._step)
            self.spin.setSingleStep(self._step)

    def _refresh_offset(self) -> None:
        offset = self._logic.GetSliceOffset()
        with QSignalBlocker(self.slider), QSignalBlocker(self.spin):
            self.slider.setValue(round((offset - self._low) / self._step))
            self.spin.setValue(offset)
        self.spin.setToolTip(_("Position of the slice: {offset:.3f} mm").format(offset=offset))

    def _refresh_orientation(self) -> None:
        names = vtk.vtkStringArray()
        self._node.GetSliceOrientationPresetNames(names)
        known = [names.GetValue(index) for index in range(names.GetNumberOfValues())] or list(ORIENTATIONS)
        current = self._node.GetOrientation() or REFORMAT
        items = [*known, REFORMAT] if current not in known else known
        with QSignalBlocker(self.combo):
            if items != [self.combo.itemText(index) for index in range(self.combo.count())]:
                self.combo.clear()
                self.combo.addItems(items)
            self.combo.setCurrentText(current)

    # From the bar to the scene

    def _logic_start(self) -> None:
        self._logic.StartSliceOffsetInteraction()

    def _logic_end(self) -> None:
        self._logic.EndSliceOffsetInteraction()

    def _on_slider(self, position: int) -> None:
        self._logic.SetSliceOffset(self._low + position * self._step)

    def setSliceOffsetValue(self, offset: float) -> None:
        """Move the slice to this position along its normal, mm."""
        self._logic.StartSliceOffsetInteraction()
        self._logic.SetSliceOffset(float(offset))
        self._logic.EndSliceOffsetInteraction()

    def moveSlice(self, steps: int) -> None:
        """Move the slice by a number of slices."""
        self.setSliceOffsetValue(self._logic.GetSliceOffset() + steps * self._step)

    def setSliceOrientation(self, name: str) -> None:
        """Turn the slice to a known orientation, such as "Axial"."""
        if name == REFORMAT or name == self._node.GetOrientation():
            return
        self._logic.StartSliceNodeInteraction(self._node.OrientationFlag)
        self._node.SetOrientation(name)
        fit_slice(self._logic)
        self._logic.EndSliceNodeInteraction()

    def fitSliceToBackground(self, *_checked: Any) -> None:
        """Show the whole background volume."""
        self._logic.StartSliceNodeInteraction(self._node.ResetFieldOfViewFlag)
        fit_slice(self._logic)
        self._node.UpdateMatrices()
        self._logic.EndSliceNodeInteraction()

    def setSliceVisible(self, visible: bool) -> None:
        """Show the slice in the 3D views, or not."""
        self._logic.StartSliceNodeInteraction(self._node.SliceVisibleFlag)
        self._node.SetSliceVisible(int(visible))
        self._logic.EndSliceNodeInteraction()

    def setSliceLink(self, linked: bool) -> None:
        """Let this view and all others change together, or not."""
        logics = self._application_logic.GetSliceLogics()
        for index in range(logics.GetNumberOfItems() if logics is not None else 0):
            composite = logics.GetItemAsObject(index).GetSliceCompositeNode()
            if composite is not None:
                composite.SetLinkedControl(int(linked))
                composite.SetHotLinkedControl(int(linked))

    # What scripts ask for

    def sliceOffsetSlider(self) -> QSlider:
        """The slider, in steps from the first slice."""
        return self.slider

    def sliceLogic(self) -> Any:
        """The vtkMRMLSliceLogic."""
        return self._logic

    def applicationLogic(self) -> Any:
        """The vtkMRMLApplicationLogic."""
        return self._application_logic

    def mrmlSliceNode(self) -> Any:
        """The vtkMRMLSliceNode."""
        return self._node

    def mrmlSliceCompositeNode(self) -> Any:
        """The vtkMRMLSliceCompositeNode."""
        return self._logic.GetSliceCompositeNode()

    def isLinked(self) -> bool:
        """Whether the slice views change together."""
        composite = self._logic.GetSliceCompositeNode()
        return composite is not None and bool(composite.GetLinkedControl())

    def dispose(self) -> None:
        """Let MRML go."""
        self._pending.stop()
        self.observers.clear()
        self._logic = self._application_logic = self._node = None
