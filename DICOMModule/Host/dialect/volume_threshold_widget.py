"""Slicer's widget for the range of values of a volume that is shown."""

from __future__ import annotations

from typing import Any, ClassVar

from qtpy import QtCore, QtWidgets
from qtpy.QtCore import Signal

from DICOMLib.widgets.translation import _
from DICOMModule.Host.dialect.ctk_value_widgets import ctkRangeWidget
from DICOMModule.Host.dialect.node_combo_box import qMRMLWidget
from DICOMModule.Host.views.views import Observers, weakly


class qMRMLVolumeThresholdWidget(qMRMLWidget):
    """Hides the voxels of a volume outside a range: by itself, as the user says, or not at all."""

    Off, Auto, Manual = -1, 0, 1
    ControlMode: ClassVar[Any]

    thresholdValuesChanged = Signal(float, float)
    autoThresholdValueChanged = Signal(int)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._volume: Any = None
        self._filling = False
        self._observers = Observers()
        self._modes = QtWidgets.QComboBox()
        for text, mode in ((_("Auto"), self.Auto), (_("Manual"), self.Manual), (_("Off"), self.Off)):
            self._modes.addItem(text, mode)
        self._range = ctkRangeWidget()
        self._modes.activated.connect(lambda _index: self.setAutoThreshold(self._modes.currentData()))
        self._range.valuesChanged.connect(self._on_values)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._modes)
        row.addWidget(self._range, 1)
        QtCore.QObject.destroyed.__get__(self).connect(self._observers.clear)
        self._follow()

    def mrmlVolumeNode(self) -> Any:
        """The volume; None without one."""
        return self._volume

    def setMRMLVolumeNode(self, node: Any) -> None:
        """Choose the volume, and follow it."""
        self._observers.clear()
        self._volume = node
        display = self._display()
        if display is not None:
            self._observers.add(display, "ModifiedEvent", weakly(self._follow))
        self._follow()

    def _display(self) -> Any:
        return self._volume.GetScalarVolumeDisplayNode() if self._volume is not None else None

    def _follow(self) -> None:
        display = self._display()
        self.setEnabled(display is not None)
        if display is None or self._filling:
            return
        self._filling = True
        self._modes.setCurrentIndex(self._modes.findData(self._mode()))
        if self._volume.GetImageData() is not None:
            self._range.setRange(*self._volume.GetImageData().GetScalarRange())
        self._range.setValues(display.GetLowerThreshold(), display.GetUpperThreshold())
        self._filling = False

    def _on_values(self, low: float, high: float) -> None:
        if not self._filling:
            self.setThreshold(low, high)

    def _mode(self) -> int:
        display = self._display()
        if display is None or not display.GetApplyThreshold():
            return self.Off
        return self.Auto if display.GetAutoThreshold() else self.Manual

    def setAutoThreshold(self, mode: int) -> None:
        """Let the range be found, be chosen, or count no more."""
        display = self._display()
        if display is None:
            return
        display.SetApplyThreshold(mode != self.Off)
        display.SetAutoThreshold(mode == self.Auto)
        self._follow()
        self.autoThresholdValueChanged.emit(int(mode))

    def setThreshold(self, low: float, high: float) -> None:
        """Show the values between these only."""
        display = self._display()
        if display is None:
            return
        display.SetAutoThreshold(False)
        display.SetApplyThreshold(True)
        display.SetThreshold(low, high)
        self._follow()
        self.thresholdValuesChanged.emit(float(low), float(high))

    def _threshold(self) -> tuple[float, float]:
        display = self._display()
        return (
            (display.GetLowerThreshold(), display.GetUpperThreshold()) if display is not None else (0.0, 0.0)
        )

    def setLowerThreshold(self, low: float) -> None:
        """Hide values below this one."""
        self.setThreshold(low, self._threshold()[1])

    def setUpperThreshold(self, high: float) -> None:
        """Hide values above this one."""
        self.setThreshold(self._threshold()[0], high)

    autoThreshold = property(lambda self: self._mode(), setAutoThreshold)
    lowerThreshold = property(lambda self: self._threshold()[0], setLowerThreshold)
    upperThreshold = property(lambda self: self._threshold()[1], setUpperThreshold)


qMRMLVolumeThresholdWidget.ControlMode = qMRMLVolumeThresholdWidget

__all__ = ["qMRMLVolumeThresholdWidget"]
