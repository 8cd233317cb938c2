"""Reload, Reload & Test and Test: the developer's buttons of a module panel, and how a self-test went."""

from __future__ import annotations

import io
import logging
import sys
import traceback
from typing import Any

import slicer
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QLabel

from DICOMLib.core.errors import FAULTS_OF_OTHERS
from DICOMLib.widgets.outcome_colors import OutcomeColor
from DICOMModule.Host.dialect.qt_dialect import dialect


class _LogCapture(logging.Handler):
    """Collects what is logged while a test runs."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.stream = io.StringIO()
        self.setFormatter(logging.Formatter("%(levelname)s  %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.stream.write(self.format(record) + "\n")


def run_self_test(name: str, **options: Any) -> tuple[bool, str]:
    """Run the self-test of a module.

    Returns
    -------
    tuple[bool, str]
        Whether it passed, and the log with the traceback of what failed.
    """
    capture = _LogCapture()
    root = logging.getLogger()
    level = root.level
    root.addHandler(capture)
    root.setLevel(min(level, logging.INFO))
    try:
        slicer.selfTests[name](**options)
    except Exception:  # noqa: BLE001 (a test is a plugin's code: its failure is the result)
        capture.stream.write(traceback.format_exc())
        return False, capture.stream.getvalue()
    finally:
        root.setLevel(level)
        root.removeHandler(capture)
    return True, capture.stream.getvalue()


class OutcomeLabel(dialect(QLabel)):  # type: ignore[misc]
    """A line that tells how something went, in a colour that can be read also after a change of colours."""

    def __init__(self) -> None:
        super().__init__("")
        self._outcome: OutcomeColor | None = None
        self._sheet = ""

    def tell(self, text: str, outcome: OutcomeColor) -> None:
        """Show an outcome."""
        self._outcome = outcome
        QLabel.setText(self, text)
        self._take_color()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colours of the application."""
        super().changeEvent(event)
        if event.type() in (QEvent.PaletteChange, QEvent.StyleChange):
            self._take_color()

    def _take_color(self) -> None:
        if self._outcome is None:
            return
        sheet = f"font-weight: bold; color: {self._outcome.color.name()};"
        if sheet != self._sheet:  # to set it is a change of style, too
            self._sheet = sheet
            QLabel.setStyleSheet(self, sheet)


class DeveloperSection:
    """The section at the top of a panel in developer mode.

    Parameters
    ----------
    panel
        The ScriptedLoadableModuleWidget.
    """

    def __init__(self, panel: Any) -> None:
        qt, ctk = sys.modules["qt"], sys.modules["ctk"]
        self._panel = panel
        self.widget = ctk.ctkCollapsibleButton()
        self.widget.text = "Reload && Test"
        self.widget.collapsed = False
        self.widget.objectName = "DeveloperSection"
        layout = qt.QVBoxLayout(self.widget)
        buttons = qt.QHBoxLayout()
        layout.addLayout(buttons)
        self.reload_button = self._button("Reload", "Import this module again.", self.reload)
        self.reload_and_test_button = self._button(
            "Reload && Test", "Import this module again and run its self-test.", self.reload_and_test
        )
        self.test_button = self._button("Test", "Run the self-test of this module.", panel.onTest)
        for button in (self.reload_button, self.reload_and_test_button, self.test_button):
            buttons.addWidget(button)
        self.result_label = OutcomeLabel()
        self.result_label.objectName = "SelfTestResult"
        self.result_label.setSizePolicy(
            qt.QSizePolicy.Preferred, qt.QSizePolicy.Fixed
        )  # the log takes the room
        self.log_view = qt.QPlainTextEdit()
        self.log_view.objectName = "SelfTestLog"
        self.log_view.readOnly = True
        self.log_view.setMaximumHeight(180)
        self.log_view.hide()
        layout.addWidget(self.result_label)
        layout.addWidget(self.log_view)

    def _button(self, text: str, tip: str, action: Any) -> Any:
        button = sys.modules["qt"].QPushButton(text)
        button.toolTip = tip
        button.objectName = text.replace("&&", "And").replace(" ", "") + "Button"
        button.connect("clicked()", action)
        return button

    def remove(self) -> None:
        """Take the section out of its panel."""
        self.widget.setParent(None)
        self.widget.deleteLater()

    def run_test(self, **options: Any) -> bool:
        """Run the self-test and show the outcome."""
        name = self._panel.moduleName
        self.result_label.text = f"Testing {name}…"
        passed, text = run_self_test(name, **options)
        self._show(passed, f"{name}: test {'passed' if passed else 'failed'}", text)
        return passed

    def reload(self) -> Any:
        """Import the module again; if it cannot be, the panel stays and shows why, too."""
        return self._guarded(self._panel.onReload)

    def reload_and_test(self) -> Any:
        """Import the module again and run its self-test."""
        return self._guarded(self._panel.onReloadAndTest)

    def _guarded(self, action: Any) -> Any:
        try:
            return action()
        except FAULTS_OF_OTHERS:
            self._show(False, f"{self._panel.moduleName}: reload failed", traceback.format_exc())
            raise

    def _show(self, is_good: bool, result: str, text: str) -> None:
        """Show an outcome, and the end of its log, which says what failed."""
        self.result_label.tell(result, OutcomeColor.GOOD if is_good else OutcomeColor.BAD)
        self.log_view.setPlainText(text.rstrip())
        self.log_view.show()
        self.log_view.moveCursor(sys.modules["qt"].QTextCursor.End)
