"""What Qt reports comes into the log; what no user can act on is a detail."""

from __future__ import annotations

import logging

import pytest
from qtpy.QtCore import qInstallMessageHandler, qWarning

from DICOMModule.Host.qt_messages import log_qt_messages

pytestmark = pytest.mark.gui


@pytest.fixture
def logged(qapp, caplog):
    """Levels and texts of what Qt reports meanwhile."""
    before = qInstallMessageHandler(None)
    log_qt_messages()
    with caplog.at_level(logging.DEBUG, "qt"):
        yield lambda: [(record.levelname, record.getMessage()) for record in caplog.records]
    log_qt_messages(enabled=False)
    qInstallMessageHandler(before)


def test_a_warning_is_a_warning(logged):
    qWarning("a pixmap is a null pixmap")
    assert logged() == [("WARNING", "a pixmap is a null pixmap")]


def test_a_remark_on_the_window_system_is_a_detail(logged):
    qWarning("QStandardPaths: XDG_RUNTIME_DIR not set, defaulting to '/run/x'")
    qWarning("This plugin does not support raise()")
    assert [level for level, _text in logged()] == ["DEBUG", "DEBUG"]
