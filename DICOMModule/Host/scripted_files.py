"""File readers and drops of scripted modules: their classes `<Module>FileReader` and `<Module>FileDialog`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QMimeData

if TYPE_CHECKING:
    from DICOMModule.Host.io_manager import IOManager
    from DICOMModule.Host.modules import ModuleManager

log = logging.getLogger(__name__)


class ScriptedFileDialog:
    """What a module's file dialog class is given: through it, it sees a drop and says whether it takes it."""

    def __init__(self) -> None:
        self.fileType = ""
        self.description = ""
        self.action = 0
        self._accepted = False
        self._mime_data: QMimeData | None = None
        self._drop_event: Any = None

    def mimeData(self) -> QMimeData | None:
        """What is dragged over the window."""
        return self._mime_data

    def acceptMimeData(self, accept: bool) -> None:
        """Say whether this would take it."""
        self._accepted = accept

    def dropEvent(self) -> Any:
        """The drop."""
        return self._drop_event

    def offers_to_take(self, dialog: Any, mime_data: QMimeData) -> bool:
        """Ask the module's object."""
        self._accepted, self._mime_data = False, mime_data
        dialog.isMimeDataAccepted()
        return self._accepted

    def drop(self, dialog: Any, event: Any) -> None:
        """Give the drop to the module's object."""
        self._drop_event = event
        dialog.dropEvent()


class FileDrops:
    """Where files that are dropped on the window go: a module that takes them, else the IO manager."""

    def __init__(self, modules: ModuleManager, io_manager: IOManager) -> None:
        self._modules = modules
        self._io = io_manager

    def _dialogs(self) -> Iterator[tuple[ScriptedFileDialog, Any]]:
        for module in self._modules.scripted():
            kind = getattr(module.source, f"{module.name}FileDialog", None)
            if kind is not None:
                face = ScriptedFileDialog()
                yield face, kind(face)

    def _loadable(self, mime_data: QMimeData) -> list[str]:
        paths = [url.toLocalFile() for url in mime_data.urls() if url.isLocalFile()]
        return [path for path in paths if Path(path).is_file() and self._io.fileType(path) != "NoFile"]

    def enter(self, event: Any) -> None:
        """Show the user whether a drop would be taken."""
        mime_data = event.mimeData()
        taken = any(face.offers_to_take(dialog, mime_data) for face, dialog in self._dialogs())
        if taken or self._loadable(mime_data):
            event.acceptProposedAction()

    def drop(self, event: Any) -> None:
        """Give a drop to the first module that takes it; what none takes is loaded as files."""
        mime_data = event.mimeData()
        event.acceptProposedAction()
        for face, dialog in self._dialogs():
            if face.offers_to_take(dialog, mime_data):
                face.drop(dialog, event)
                return
        for path in self._loadable(mime_data):
            self._io.loadNodes(self._io.fileType(path), {"fileName": path})


def register_readers(modules: ModuleManager, io_manager: IOManager) -> None:
    """Let the IO manager read what the `<Module>FileReader` classes of scripted modules read."""
    for module in modules.scripted():
        kind = getattr(module.source, f"{module.name}FileReader", None)
        if kind is not None:
            reader = kind(module.parent)
            io_manager.registerReader(reader.fileType(), _loader(module.parent, reader))


def _loader(parent: Any, reader: Any) -> Any:
    def load(properties: Mapping[str, Any]) -> Any:
        parent.loadedNodes = []
        done = reader.load(dict(properties))
        return (parent.loadedNodes or [reader]) if done else None

    return load
