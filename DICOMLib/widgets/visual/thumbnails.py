"""Pictures of instances, made in a worker thread and kept as PNG files in the database's folder."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import numpy as np
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QImage, QPixmap

log = logging.getLogger(__name__)

KEPT_SIDE = 256  # pixels of the longer side of the pictures that are kept, as CTK makes them


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """What to make a picture of.

    Parameters
    ----------
    path
        The DICOM file.
    side
        About how many pixels the longer side shall have.
    kept
        The PNG file where the picture is looked for and kept; "" for nowhere.
    """

    path: str
    side: int = KEPT_SIDE
    kept: str = ""


class PictureMaker(QObject):
    """Makes pictures one after the other; what was asked for last is made first.

    `made(key, picture)` comes in the thread of the maker's owner; the picture is an array as `preview`
    gives it, or None where there is none. Pictures that come over the network are not waited for at the end.
    `at_rest` is called in the worker thread when nothing is asked for any more.
    """

    made = Signal(str, object)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        waits: bool = True,
        at_rest: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(parent)
        self._worker = _Worker(self.made.emit, waits, at_rest)
        self.destroyed.connect(self._worker.stop)

    def make(self, key: str, order: Callable[[], Any]) -> None:
        """Ask for a picture.

        `order` tells in the worker thread of which file (a `PictureOrder`), or gives the picture itself, or
        None where there is none.
        """
        self._worker.add(key, order)

    def forget(self) -> list[str]:
        """Make no more of what was asked for; the keys of what was not begun."""
        return self._worker.forget()

    def stop(self) -> None:
        """Forget what was asked for, and wait for the picture at work; what is asked for later is made."""
        self._worker.rest()


class _Worker:
    """The thread; it ends when nothing has been asked for."""

    def __init__(self, tell: Any, waits: bool, at_rest: Callable[[], None]) -> None:
        self._tell = tell
        self._waits = waits
        self._at_rest = at_rest
        self._asked: OrderedDict[str, Callable[[], Any]] = OrderedDict()
        self._change = Condition()
        self._thread: Thread | None = None
        self._stopped = False

    def add(self, key: str, order: Callable[[], Any]) -> None:
        with self._change:
            self._asked.pop(key, None)
            self._asked[key] = order
            if self._thread is None and not self._stopped:
                self._thread = Thread(target=self._run, name="pictures", daemon=True)
                self._thread.start()

    def forget(self) -> list[str]:
        with self._change:
            waiting = list(self._asked)
            self._asked.clear()
        return waiting

    def stop(self, *_destroyed: Any) -> None:
        self._stopped = True  # for good: there is nobody to be told any more
        self.rest()

    def rest(self) -> None:
        with self._change:
            self._asked.clear()
            thread = self._thread
        if thread is not None and self._waits:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._change:
                if not self._asked:
                    self._at_rest()
                    self._thread = None
                    return
                key, order = self._asked.popitem()
            picture = make_picture(order)
            if not self._stopped:
                self._tell(key, picture)


def make_picture(order: Callable[[], Any]) -> Any:
    """The picture of a file, from its PNG file if that is newer; None where none can be made."""
    try:
        wanted = order()
        if not isinstance(wanted, PictureOrder):
            return wanted
        if wanted.kept and _is_newer(wanted.kept, wanted.path):
            image = QImage(wanted.kept)
            if not image.isNull():
                return image_array(image)
        from DICOMLib.standard.preview import preview  # pydicom is not needed before there is a picture

        picture = preview(wanted.path, wanted.side)
    except Exception as error:  # noqa: BLE001  decoders raise anything; the others shall be seen
        log.debug("no picture of a file: %s", type(error).__name__)
        return None
    if picture is not None and wanted.kept:
        _keep(picture, wanted.kept)
    return picture


def _is_newer(kept: str, path: str) -> bool:
    try:
        return Path(kept).stat().st_mtime >= Path(path).stat().st_mtime
    except OSError:
        return False


def _keep(picture: Any, kept: str) -> None:
    try:
        Path(kept).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        log.debug("pictures cannot be kept: %s", error.strerror)
        return
    scaled = image_of(picture).scaled(KEPT_SIDE, KEPT_SIDE, Qt.KeepAspectRatio, Qt.SmoothTransformation)
    temporary = f"{kept}.part"
    if scaled.save(temporary, "PNG", 80):
        Path(temporary).replace(kept)


def image_of(picture: Any) -> QImage:
    """Image of an array of grey values or RGB."""
    array = np.ascontiguousarray(picture, np.uint8)
    rows, columns = array.shape[:2]
    kind = QImage.Format_RGB888 if array.ndim == 3 else QImage.Format_Grayscale8
    return QImage(array.tobytes(), columns, rows, array.strides[0], kind).copy()


def image_array(image: QImage) -> Any:
    """Array of RGB of an image."""
    rgb = image.convertToFormat(QImage.Format_RGBA8888)
    bits = rgb.constBits()
    size = rgb.bytesPerLine() * rgb.height()
    data = bits.asarray(size) if hasattr(bits, "asarray") else bits
    rows = np.frombuffer(bytes(data), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : rgb.width() * 4].reshape(rgb.height(), rgb.width(), 4)[:, :, :3].copy()


def pixmap_of(picture: Any, side: int, ratio: float = 1.0) -> QPixmap:
    """Pixmap that fits into a square of `side` logical pixels."""
    wanted = max(1, int(side * ratio))
    image = image_of(picture).scaled(wanted, wanted, Qt.KeepAspectRatio, Qt.SmoothTransformation)
    pixmap = QPixmap.fromImage(image)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
