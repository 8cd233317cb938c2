"""The event loop of a window that also signals may end, such as Ctrl-C in the terminal."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from qtpy.QtCore import QSocketNotifier, QTimer


def run_window(application: Any, script: Callable[[], int | None] | None = None) -> int:
    """Wait until the window is closed, or a signal ends it.

    Parameters
    ----------
    application
        The booted application, with windows.
    script
        Called once the event loop runs, as dialogs need it; if it returns an exit code, the window is closed.

    Returns
    -------
    int
        The exit code of the event loop; 128 and the number of the signal (130 for Ctrl-C) if one ended it.
    """
    received: list[int] = []

    def close(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        application.qt_application.exit(0)  # `quit` of Qt 6 asks the windows, which may ask the user

    def begin(run_script: Callable[[], int | None]) -> None:
        waiting = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            status = run_script()
        except KeyboardInterrupt:
            received.append(signal.SIGINT)
            status = 0
        finally:
            signal.signal(signal.SIGINT, waiting)
        if status is not None:
            application.qt_application.exit(status)

    if script is not None:
        QTimer.singleShot(0, lambda: begin(script))
    with _signals_wake_the_event_loop(close):
        code = int(application.run())
    return 128 + received[0] if received else code


@contextmanager
def _signals_wake_the_event_loop(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have SIGINT and SIGTERM handled while Qt waits: Python's handlers run only between its own steps."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = signal.set_wakeup_fd(writer.fileno())
    handlers = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Read)
    notifier.activated.connect(lambda *_arguments: reader.recv(64))
    try:
        yield
    finally:
        notifier.setEnabled(False)
        for number, old in handlers.items():
            signal.signal(number, old)
        signal.set_wakeup_fd(before)
        reader.close()
        writer.close()
