"""The Python console of the main window: type or paste, Enter runs, Up brings back what was typed."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtGui import QColor, QFontDatabase, QPalette, QTextBlock, QTextCharFormat, QTextCursor, QTextFormat
from qtpy.QtWidgets import QDockWidget, QPlainTextEdit, QWidget

from DICOMLib.widgets.enumerations import number_of
from DICOMLib.widgets.outcome_colors import OutcomeColor
from DICOMLib.widgets.translation import _
from DICOMModule.Host.dialect.qt_dialect import dialect
from DICOMModule.Host.window.console_interpreter import Interpreter

PROMPT = ">>> "
MOST_LINES = 20_000
INDENT = "    "
# What has a colour of its own, as a property of its text.
_INK = number_of(QTextFormat.UserProperty)
_OF_PROMPTS, _OF_ERRORS = 1, 2


def _inks(block: QTextBlock) -> list[tuple[int, int, int]]:
    """Position, length and ink of the pieces of a line that have one."""
    found, pieces = [], block.begin()
    while not pieces.atEnd():
        piece = pieces.fragment()
        ink = piece.charFormat().intProperty(_INK)
        if ink:
            found.append((piece.position(), piece.length(), ink))
        pieces += 1
    return found


class PythonConsole(QPlainTextEdit):
    """What lies after the last prompt is being written; all before it is history.

    Parameters
    ----------
    application
        `slicer.app`, which is left where the user's code says so.
    parent
        Widget.
    """

    def __init__(self, application: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("PythonConsole")
        self.setFont(QFontDatabase.systemFont(QFontDatabase.FixedFont))
        self.setMaximumBlockCount(MOST_LINES)
        self.setUndoRedoEnabled(False)
        self.setAccessibleName(_("Python console"))
        self._history: list[str] = []
        self._recalled = 0
        self._begin = QTextCursor(self.document())
        self._interpreter = Interpreter(
            self._show, self._show_error, lambda code: application.exit(code if isinstance(code, int) else 0)
        )
        self._prompt()

    visible = property(lambda self: self.isVisible())

    def sizeHint(self) -> QSize:
        """Ten lines or so."""
        return QSize(600, 11 * self.fontMetrics().lineSpacing())

    # Text

    def _write(self, text: str, ink: int = 0) -> None:
        kind = QTextCharFormat()
        if ink:
            kind.setProperty(_INK, ink)
            kind.setForeground(self._color(ink))
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.End)
        cursor.insertText(text, kind)
        self.setTextCursor(cursor)
        self.setCurrentCharFormat(QTextCharFormat())
        self.ensureCursorVisible()

    def _color(self, ink: int) -> QColor:
        return OutcomeColor.BAD.color if ink == _OF_ERRORS else self.palette().color(QPalette.Link)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colours of the application; a text without ink does so by itself."""
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange:
            self._ink_anew()

    def _ink_anew(self) -> None:
        cursor, block = QTextCursor(self.document()), self.document().begin()
        while block.isValid():
            for start, length, ink in _inks(block):
                kind = QTextCharFormat()
                kind.setForeground(self._color(ink))
                cursor.setPosition(start)
                cursor.setPosition(start + length, QTextCursor.KeepAnchor)
                cursor.mergeCharFormat(kind)
            block = block.next()

    def _show(self, text: str) -> None:
        self._write(text)

    def _show_error(self, text: str) -> None:
        self._write(text, _OF_ERRORS)

    def _prompt(self) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.End)
        if not cursor.atBlockStart():
            self._write("\n")
        self._write(PROMPT, _OF_PROMPTS)
        # a cursor moves with the text when the oldest lines go away
        self._begin = QTextCursor(self.document())
        self._begin.movePosition(QTextCursor.End)
        self._begin.setKeepPositionOnInsert(True)

    def source(self) -> str:
        """What is being written."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._begin.position())
        cursor.movePosition(QTextCursor.End, QTextCursor.KeepAnchor)
        return cursor.selectedText().replace("\u2029", "\n")

    def setSource(self, text: str) -> None:
        """Replace what is being written."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._begin.position())
        cursor.movePosition(QTextCursor.End, QTextCursor.KeepAnchor)
        cursor.insertText(text)
        cursor.movePosition(QTextCursor.End)
        self.setTextCursor(cursor)

    # Running

    def execute(self, source: str) -> bool:
        """Run source as if it had been typed; whether nothing was raised."""
        self.setSource(source)
        return self._run()

    def _run(self) -> bool:
        source = self.source().rstrip()
        self._write("\n")
        passed = True
        if source:
            if not self._history or self._history[-1] != source:
                self._history.append(source)
            passed = self._interpreter.run(source + "\n")
        self._recalled = len(self._history)
        self._prompt()
        return passed

    def names(self) -> dict[str, Any]:
        """The names that the code has defined."""
        return self._interpreter.names

    # Keys

    def _within_input(self) -> bool:
        cursor = self.textCursor()
        return min(cursor.position(), cursor.anchor()) >= self._begin.position()

    def _to_input(self) -> None:
        if not self._within_input():
            self.moveCursor(QTextCursor.End)

    def event(self, event: Any) -> bool:
        """Tab completes names instead of leaving the console."""
        if event.type() == QEvent.KeyPress and event.key() == Qt.Key_Tab:
            self._complete()
            return True
        return super().event(event)

    def keyPressEvent(self, event: Any) -> None:
        """Enter runs, Up and Down bring back; what was printed cannot be changed."""
        key, control = event.key(), bool(event.modifiers() & Qt.ControlModifier)
        if key in (Qt.Key_Return, Qt.Key_Enter):
            self._enter(new_line=bool(event.modifiers() & Qt.ShiftModifier))
        elif key in (Qt.Key_Up, Qt.Key_Down) and "\n" not in self.source():
            self._recall(-1 if key == Qt.Key_Up else 1)
        elif key == Qt.Key_Home and not control and self._within_input() and "\n" not in self.source():
            self._home(bool(event.modifiers() & Qt.ShiftModifier))
        elif key in (Qt.Key_Backspace, Qt.Key_Left) and self._at_begin():
            event.accept()
        else:
            if event.text() and event.text().isprintable() and not control:
                self._to_input()
            if self._within_input() or control or not event.text():
                super().keyPressEvent(event)

    def _at_begin(self) -> bool:
        cursor = self.textCursor()
        return cursor.position() == self._begin.position() and not cursor.hasSelection()

    def _home(self, select: bool) -> None:
        cursor = self.textCursor()
        cursor.setPosition(
            self._begin.position(), QTextCursor.KeepAnchor if select else QTextCursor.MoveAnchor
        )
        self.setTextCursor(cursor)

    def _enter(self, *, new_line: bool) -> None:
        self.moveCursor(QTextCursor.End)
        source = self.source()
        if not new_line and self._interpreter.is_complete(source):
            self._run()
            return
        last = source.rsplit("\n", 1)[-1]
        indent = last[: len(last) - len(last.lstrip())] + (INDENT if last.rstrip().endswith(":") else "")
        self.insertPlainText("\n" + indent)

    def _recall(self, step: int) -> None:
        self._recalled = min(max(self._recalled + step, 0), len(self._history))
        self.setSource(self._history[self._recalled] if self._recalled < len(self._history) else "")

    def _complete(self) -> None:
        self._to_input()
        before = self.source()
        if not before.rsplit("\n", 1)[-1].strip():
            self.insertPlainText(INDENT)
            return
        more, found = self._interpreter.completions(before)
        if more:
            self.insertPlainText(more)
        elif len(found) > 1:
            self._write("\n" + "  ".join(name.rsplit(".", 1)[-1] for name in found))
            self._prompt()
            self.setSource(before)

    def insertFromMimeData(self, source: Any) -> None:
        """Pasted text comes after the prompt, whole; several lines wait for Enter as one does."""
        self._to_input()
        text = source.text().replace("\r\n", "\n")
        self.insertPlainText(text.strip("\n") if "\n" in text else text)

    def canInsertFromMimeData(self, source: Any) -> bool:
        """Text only."""
        return source.hasText()


class ConsoleDock(dialect(QDockWidget)):  # type: ignore[misc]
    """The console at the bottom of the window, made when it is first shown."""

    def __init__(self, application: Any, parent: QWidget) -> None:
        super().__init__(_("Python console"), parent)
        self.setObjectName("PythonConsoleDockWidget")
        self.setAllowedAreas(Qt.BottomDockWidgetArea | Qt.TopDockWidgetArea)
        self._application = application
        self.visibilityChanged.connect(self._on_visibility)

    def console(self) -> PythonConsole:
        """The console."""
        if self.widget() is None:
            self.setWidget(PythonConsole(self._application, self))
        return self.widget()

    def _on_visibility(self, shown: bool) -> None:
        if shown:
            self.console().setFocus()

    def dispose(self) -> None:
        """Let go of all that the user's names hold."""
        if self.widget() is not None:
            self.widget().names().clear()
