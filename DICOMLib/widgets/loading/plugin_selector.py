"""Which plugins are used, as a list of boxes."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QCheckBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from DICOMLib.plugins import registry

# Names of products that the name of the class does not spell as they are.
TITLES = {"DICOMGeAbusPlugin": "GE ABUS"}


class DICOMPluginSelector(QWidget):
    """One box for each registered plugin; those that are not disabled in the settings are checked."""

    selectionChanged = Signal()

    def __init__(self, parent: QWidget | None = None, width: int = 50, height: int = 100) -> None:
        super().__init__(parent)
        self.checkBoxByPlugin: dict[str, QCheckBox] = {}
        self.setMinimumSize(width, height)
        content = QWidget()
        boxes = QVBoxLayout(content)
        boxes.setContentsMargins(6, 6, 6, 6)
        disabled = registry.disabled()
        for name, plugin_class in sorted(registered().items()):
            box = QCheckBox(_title(name), content)
            box.setObjectName(name)
            box.setToolTip(_tip(name, plugin_class))
            box.setChecked(name not in disabled)
            box.toggled.connect(lambda _checked: self.selectionChanged.emit())
            self.checkBoxByPlugin[name] = box
            boxes.addWidget(box)
        boxes.addStretch(1)
        area = _ScrollArea(self)
        area.setFrameShape(QFrame.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def selectedPlugins(self) -> list[str]:
        """Names of the plugins whose box is checked."""
        return [name for name, box in self.checkBoxByPlugin.items() if box.isChecked()]

    def store(self) -> None:
        """Keep the choice in the settings."""
        registry.set_disabled(set(self.checkBoxByPlugin) - set(self.selectedPlugins()))


class _ScrollArea(QScrollArea):
    """Leaves the wheel to the page around it, unless the user works in the list."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll only while one of the boxes has the focus."""
        focused = QApplication.focusWidget()
        if focused is not None and self.isAncestorOf(focused):
            super().wheelEvent(event)
        else:
            event.ignore()


def registered() -> dict[str, type]:
    """The plugins of the application."""
    return registry.registered()


def _title(name: str) -> str:
    """DICOMScalarVolumePlugin → Scalar Volume."""
    if name in TITLES:
        return TITLES[name]
    core = name.removeprefix("DICOM").removesuffix("Plugin")
    words = ""
    for i, letter in enumerate(core):
        after = core[i + 1 : i + 2]
        before = core[i - 1] if i else ""
        begins = letter.isupper() and (before.islower() or (before.isupper() and after.islower()))
        words += (" " if begins else "") + letter
    return words or name


def _tip(name: str, plugin_class: Any) -> str:
    text = (plugin_class.__doc__ or "").strip().splitlines()
    return f"{name}\n{text[0]}" if text else name
