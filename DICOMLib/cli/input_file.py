"""A file that is loaded into the scene to be written as DICOM, and what is told if it cannot be."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from DICOMLib.core.errors import ExportError

NO_KIND, DICOM_FILE, BUNDLE = "NoFile", "DICOMFileImport", ".mrb"
READABLE = "NRRD, NIfTI, MetaImage, STL, PLY, VTK, transforms (.h5, .tfm) and scenes (.mrb, .mrml)"


def load_input(path: str) -> list[int]:
    """Load a file; returns the subject hierarchy items of the data.

    Raises
    ------
    ExportError
        If it cannot be loaded, or there is nothing in it.
    """
    import slicer

    from DICOMLib.mrml.export_item import data_items

    known = set(data_items())
    manager = slicer.app.ioManager()
    kind = manager.fileType(path)
    if kind == NO_KIND:
        ending = Path(path).suffix or "a file without an ending"
        raise ExportError(f"{path}: there is no reader for {ending}. There are readers of {READABLE}.")
    if kind == DICOM_FILE:
        raise ExportError(
            f"{path} is, or is named like, DICOM already. Import it with: slicer-dicom import PATH "
            "--database DIR"
        )
    if path.lower().endswith(BUNDLE) and not zipfile.is_zipfile(path):
        raise ExportError(f"{path} is no scene bundle, or is damaged: it is no zip archive.")
    with _remarks_of_success():
        is_scene = kind == "SceneFile"
        loaded = manager.loadScene(path) if is_scene else manager.loadNodes(kind, {"fileName": path})
        if not loaded:
            raise ExportError(f"{path} cannot be read by its ending: it is damaged, or of another kind.")
    items = [item for item in data_items() if item not in known]
    if not items:
        raise ExportError(f"There is nothing in {path} that could be written.")
    return items


@contextmanager
def _remarks_of_success() -> Iterator[None]:
    """Hold back what readers say until one could read: those that could not say nothing that helps."""
    held: list[logging.LogRecord] = []

    def hold(record: logging.LogRecord) -> bool:
        held.append(record)
        return False

    handlers = [one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler]
    for handler in handlers if not logging.getLogger().isEnabledFor(logging.DEBUG) else ():
        handler.addFilter(hold)
    try:
        yield
    except ExportError:
        held.clear()
        raise
    finally:
        for handler in handlers:
            handler.removeFilter(hold)
        for record in held:
            logging.getLogger(record.name).handle(record)
