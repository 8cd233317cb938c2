"""News of a database in the GUI thread, merged, so that tables are not read again for each file."""

from __future__ import annotations

import time
from typing import Any

from qtpy.QtCore import QObject, Qt, QTimer, Signal

MERGE_MS = 200
WATCH_MS = 1000
SHARE = 5  # reading again takes at most about a sixth of the time while a job writes


class DatabaseEvents(QObject):
    """Listens to a ctkDICOMDatabase, whose signals may come from any thread.

    `changed` comes at once for the first change and then merged; the slower its listeners are, the
    rarer it comes.
    """

    changed = Signal()
    instancesAdded = Signal()
    opened = Signal()
    closed = Signal()

    _heard = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database: Any = None
        self._listeners: list[tuple[Any, Any]] = []
        self._heard.connect(self._hear, Qt.QueuedConnection)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.flush)
        self._pending = False
        self._on_the_way: set[str] = set()
        self._duration_s = 0.0
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_MS)
        self._watch.timeout.connect(self._look_for_others)
        if parent is not None:
            parent.destroyed.connect(self.stop)

    def listenTo(self, database: Any) -> None:
        """Listen to this database and to no other."""
        self.stop()
        self._database = database
        for name in ("databaseChanged", "instanceAdded", "opened", "closed"):
            signal = getattr(database, name)
            listener = _Listener(self, name, database)
            signal.connect(listener)
            self._listeners.append((signal, listener))
        self._watch.start()

    def _look_for_others(self) -> None:
        """What other programs wrote is news, too."""
        self._database.noticeChangesByOthers()

    def stop(self) -> None:
        """Listen no more."""
        self._watch.stop()
        for signal, listener in self._listeners:
            signal.disconnect(listener)
            listener.receiver = None
        self._listeners.clear()

    def flush(self) -> None:
        """Tell now of a change that waits."""
        self._timer.stop()
        if self._pending or "databaseChanged" in self._on_the_way:
            self.discard()
            start = time.monotonic()
            self.changed.emit()
            self._duration_s = time.monotonic() - start
            self._timer.start(max(MERGE_MS, int(self._duration_s * SHARE * 1000)))

    def discard(self) -> None:
        """Forget a change that waits: the listener has just read everything."""
        self._pending = False
        self._on_the_way.discard("databaseChanged")

    def _hear(self, name: str) -> None:
        if name not in self._on_the_way:
            return
        self._on_the_way.discard(name)
        if name == "databaseChanged":
            self._pending = True
            if not self._timer.isActive():
                self.flush()
        elif name == "instanceAdded":
            self.instancesAdded.emit()
        else:
            getattr(self, name).emit()


class _Listener:
    """Listener of one signal that outlives the widget without harm."""

    def __init__(self, receiver: DatabaseEvents, name: str, database: Any) -> None:
        self.receiver: DatabaseEvents | None = receiver
        self._name = name
        self._database = database

    def __call__(self, *_arguments: Any) -> None:
        if self._name == "instanceAdded" and self._database.isBatch:
            return
        if self.receiver is not None and self._name not in self.receiver._on_the_way:
            self.receiver._on_the_way.add(self._name)
            self.receiver._heard.emit(self._name)
