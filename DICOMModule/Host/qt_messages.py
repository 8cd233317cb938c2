"""What Qt reports, in Python's log; remarks on the window system that no user can act on are details."""

from __future__ import annotations

import logging
from typing import Any

from qtpy.QtCore import QtMsgType, qInstallMessageHandler

log = logging.getLogger("qt")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_DETAILS = ("XDG_RUNTIME_DIR not set", "This plugin does not support")


def _tell(kind: Any, _context: Any, text: str | None) -> None:
    harmless = any(detail in (text or "") for detail in _DETAILS)
    log.log(logging.DEBUG if harmless else _LEVELS[kind], "%s", text)


def log_qt_messages(enabled: bool = True) -> None:
    """Let Qt's messages go into the log, or to the terminal as before."""
    qInstallMessageHandler(_tell if enabled else None)
