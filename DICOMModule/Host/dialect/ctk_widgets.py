"""The small widgets of CTK that modules and plugins use, with PythonQt's manners."""

from __future__ import annotations

import sys
from typing import Any

from qtpy import QtCore, QtWidgets
from qtpy.QtCore import Property, Signal

from DICOMLib.core.resources import resource
from DICOMLib.widgets.translation import _

qt: Any = sys.modules["qt"]

WIDEST = 16777215  # QWIDGETSIZE_MAX, which not all bindings of Qt have


class ctkCollapsibleButton(qt.QWidget):
    """A section with a title bar that opens and closes it.

    Its content is laid out in the widget itself, as with CTK: `QFormLayout(section)`.
    """

    contentsCollapsed = Signal(bool)
    toggled = Signal(bool)
    clicked = Signal(bool)

    _BAR_HEIGHT = 26

    def __init__(self, *arguments: Any) -> None:
        texts = [a for a in arguments if isinstance(a, str)]
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self._bar = QtWidgets.QToolButton(self)
        self._bar.setCheckable(True)
        self._bar.setChecked(True)
        self._bar.setArrowType(QtCore.Qt.DownArrow)
        self._bar.setToolButtonStyle(QtCore.Qt.ToolButtonTextBesideIcon)
        self._bar.setAutoRaise(True)
        self._bar.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
        self._bar.setToolTip(_("Open or close this section"))
        self._bar.toggled.connect(self._on_toggled)
        self.setContentsMargins(0, self._BAR_HEIGHT, 0, 0)
        self._hidden: list[QtWidgets.QWidget] = []
        if texts:
            self.setText(texts[0])

    def setText(self, text: str) -> None:
        """The title."""
        self._bar.setText(text)

    text = property(lambda self: self._bar.text(), setText)

    def setCollapsed(self, collapsed: bool) -> None:
        """Close or open the section."""
        self._bar.setChecked(not collapsed)

    collapsed = property(lambda self: not self._bar.isChecked(), setCollapsed)
    checked = property(lambda self: self._bar.isChecked(), lambda self, open_: self._bar.setChecked(open_))

    def _on_toggled(self, open_: bool) -> None:
        self._bar.setArrowType(QtCore.Qt.DownArrow if open_ else QtCore.Qt.RightArrow)
        children = [
            c
            for c in self.children()
            if isinstance(c, QtWidgets.QWidget) and c is not self._bar and not c.isWindow()
        ]
        if open_:
            for child in self._hidden:
                child.setVisible(True)
            self._hidden = []
        else:
            self._hidden = [child for child in children if not child.isHidden()]
            for child in self._hidden:
                child.setVisible(False)
        self.setMaximumHeight(WIDEST if open_ else self._BAR_HEIGHT + 2)
        self.contentsCollapsed.emit(not open_)
        self.toggled.emit(open_)
        self.clicked.emit(open_)

    def childEvent(self, event: Any) -> None:
        """Content that comes while the section is closed stays hidden until it is opened."""
        child = event.child()
        if event.type() == QtCore.QEvent.ChildPolished and isinstance(child, QtWidgets.QWidget):
            bar = self.__dict__.get("_bar")
            if bar is not None and child is not bar and not bar.isChecked() and not child.isHidden():
                self._hidden.append(child)
                child.setVisible(False)
        super().childEvent(event)

    def resizeEvent(self, event: Any) -> None:
        """Keep the bar as wide as the section."""
        self._bar.setGeometry(0, 0, QtWidgets.QWidget.width(self), self._BAR_HEIGHT)
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QtCore.QSize:
        """At least the bar."""
        hint = super().minimumSizeHint()
        return QtCore.QSize(
            max(hint.width(), self._bar.sizeHint().width()), max(hint.height(), self._BAR_HEIGHT)
        )


# An arrow in place of the check box, which would seem to switch something off.
_ARROWS = (
    "ctkCollapsibleGroupBox::indicator:%s { border: none; background: none; width: 12px; image: url('%s'); }"
)


class ctkCollapsibleGroupBox(qt.QGroupBox):
    """A group box that can be closed by its title."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.setCheckable(True)
        names = {"checked": "ArrowOpen", "unchecked": "ArrowClosed"}
        sheets = (_ARROWS % (one, resource(f"Icons/{names[one]}.svg").as_posix()) for one in names)
        QtWidgets.QWidget.setStyleSheet(self, "".join(sheets))
        QtWidgets.QGroupBox.setChecked(self, True)
        QtWidgets.QGroupBox.toggled.__get__(self).connect(self._show_content)

    def _show_content(self, shown: bool) -> None:
        for child in self.children():
            if isinstance(child, QtWidgets.QWidget):
                child.setVisible(shown)

    def setCollapsed(self, collapsed: bool) -> None:
        """Close or open it."""
        QtWidgets.QGroupBox.setChecked(self, not collapsed)

    collapsed = property(lambda self: not QtWidgets.QGroupBox.isChecked(self), setCollapsed)


class ctkDirectoryButton(qt.QPushButton):
    """A button that shows a folder and asks for another one."""

    directoryChanged = Signal(str)
    directorySelected = Signal(str)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self.caption = ""
        self._directory = ""
        QtWidgets.QPushButton.clicked.__get__(self).connect(lambda *_: self.browse())

    def setDirectory(self, directory: str) -> None:
        """Show another folder."""
        directory = str(directory)
        if directory == self._directory:
            return
        self._directory = directory
        QtWidgets.QPushButton.setText(self, directory)
        self.directoryChanged.emit(directory)

    directory = property(lambda self: self._directory, setDirectory)

    def browse(self) -> None:
        """Ask the user for a folder."""
        chosen = QtWidgets.QFileDialog.getExistingDirectory(self, self.caption, self._directory)
        if chosen:
            self.setDirectory(chosen)
            self.directorySelected.emit(chosen)


class ctkPathLineEdit(qt.QWidget):
    """A line for a path, with a button to look for it and a history in the settings."""

    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)

    Dirs, Drives, Files, Readable, Writable, Executable = 0x1, 0x4, 0x2, 0x10, 0x20, 0x40

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self.filters = self.Files
        self.nameFilters: list[str] = []
        self.settingKey = ""
        self._box = QtWidgets.QComboBox()
        self._box.setEditable(True)
        self._box.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
        self._box.editTextChanged.connect(self.currentPathChanged)
        button = QtWidgets.QToolButton()
        button.setText("…")
        button.setToolTip("Look for a path")
        button.clicked.connect(self.browse)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box)
        row.addWidget(button)

    def setCurrentPath(self, path: str) -> None:
        """Show another path."""
        self._box.setEditText(str(path))

    currentPath = property(lambda self: self._box.currentText(), setCurrentPath)

    def browse(self) -> None:
        """Ask the user for a path."""
        if self.filters & self.Dirs:
            chosen = QtWidgets.QFileDialog.getExistingDirectory(self, "", self.currentPath)
        else:
            chosen = QtWidgets.QFileDialog.getOpenFileName(self, "", self.currentPath)[0]
        if chosen:
            self.setCurrentPath(chosen)

    def addCurrentPathToHistory(self) -> None:
        """Keep the path for the next time."""
        path = self.currentPath
        if path and self._box.findText(path) < 0:
            self._box.addItem(path)
            if self.settingKey:
                paths = [self._box.itemText(i) for i in range(self._box.count())]
                QtCore.QSettings().setValue(self.settingKey, paths)

    def retrieveHistory(self) -> None:
        """Offer the paths of earlier times."""
        paths = QtCore.QSettings().value(self.settingKey) if self.settingKey else None
        self._box.addItems([paths] if isinstance(paths, str) else list(paths or []))


class ctkComboBox(qt.QComboBox):
    """A combo box that can show a text of its own while nothing is chosen."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.defaultText = ""
        self.forceDefault = False

    def _user_data(self) -> str:
        data = QtWidgets.QComboBox.currentData(self)
        return "" if data is None else str(data)

    def _choose_user_data(self, text: str) -> None:
        QtWidgets.QComboBox.setCurrentIndex(self, QtWidgets.QComboBox.findData(self, text))

    currentUserDataAsString = Property(str, _user_data, _choose_user_data)


class ctkCheckBox(qt.QCheckBox):
    """A check box."""


class ctkPushButton(qt.QPushButton):
    """A button."""


class ctkCheckablePushButton(qt.QPushButton):
    """A button that can stay pressed."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        QtWidgets.QPushButton.setCheckable(self, True)


class ctkMenuButton(qt.QPushButton):
    """A button with a menu."""


class ctkExpandButton(qt.QToolButton):
    """A small button with an arrow that turns when it is pressed."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        QtWidgets.QToolButton.setCheckable(self, True)
        QtWidgets.QToolButton.setAutoRaise(self, True)
        QtWidgets.QToolButton.toggled.__get__(self).connect(self._turn)
        self._turn(False)

    def _turn(self, expanded: bool) -> None:
        arrow = QtCore.Qt.DownArrow if expanded else QtCore.Qt.RightArrow
        QtWidgets.QToolButton.setArrowType(self, arrow)


class ctkBooleanMapper(qt.QObject):
    """A boolean property of an object as another kind of value, for settings."""

    valueAsIntChanged = Signal(int)

    def __init__(self, target: Any, property_name: str, signal: str) -> None:
        super().__init__(target)
        self._target = target
        self._name = property_name
        name = signal.lstrip("2").split("(")[0]
        getattr(target, name).connect(lambda *_: self.valueAsIntChanged.emit(self._value()))

    def _value(self) -> int:
        return int(bool(QtCore.QObject.property(self._target, self._name)))

    def _set_value(self, value: int) -> None:
        QtCore.QObject.setProperty(self._target, self._name, bool(int(value)))

    valueAsInt = Property(int, _value, _set_value, notify=valueAsIntChanged)


class ctkSettingsPanel(qt.QWidget):
    """A panel whose widgets are tied to settings: `registerProperty(key, widget, property, signal)`."""

    settingChanged = Signal(str, object)

    OptionNone, OptionRequireRestart, OptionDefault = 0, 1, 2

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self.registered: dict[str, tuple[Any, str, Any]] = {}

    def registerProperty(
        self,
        key: str,
        target: Any,
        property_name: str,
        signal: Any,
        label: str = "",
        option: int = 0,
        *_more: Any,
    ) -> None:
        """Show the setting in the widget, and write it when the widget changes."""
        settings = QtCore.QSettings()
        default = QtCore.QObject.property(target, property_name)
        stored = settings.value(key)
        if stored is not None:
            QtCore.QObject.setProperty(target, property_name, _as(type(default), stored))
        self.registered[key] = (target, property_name, default)
        name = str(signal).lstrip("2").split("(")[0]
        getattr(target, name).connect(lambda *_: self._write(key))

    def _write(self, key: str) -> None:
        target, name, _default = self.registered[key]
        value = QtCore.QObject.property(target, name)
        QtCore.QSettings().setValue(key, value)
        self.settingChanged.emit(key, value)

    def restoreDefaultSettings(self) -> None:
        """Give each widget the value it had at first."""
        for target, name, default in self.registered.values():
            QtCore.QObject.setProperty(target, name, default)


def _as(kind: type, stored: Any) -> Any:
    """A setting as the type of its widget; INI files hold texts."""
    if kind is bool:
        return str(stored).lower() in ("true", "1")
    return kind(stored) if kind in (int, float, str) else stored


class ctkWidgetsUtils:
    """Pictures of widgets."""

    @staticmethod
    def grabWidget(widget: QtWidgets.QWidget, *_more: Any) -> Any:
        """The widget as a QImage."""
        return widget.grab().toImage()
