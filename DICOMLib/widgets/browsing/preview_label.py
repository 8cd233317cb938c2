"""The picture of a DICOM file, made in the background."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QPixmap
from qtpy.QtWidgets import QLabel, QWidget

from DICOMLib.widgets.visual.thumbnails import PictureMaker, PictureOrder, pixmap_of

SIDE = 192  # pixels


class PreviewLabel(QLabel):
    """Shows the middle frame of a file; hidden for a file without pixels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(SIDE, SIDE)
        self.setAlignment(Qt.AlignCenter)
        self._path = ""
        self._maker = PictureMaker(self)
        self._maker.made.connect(self._show)

    def showFile(self, path: str) -> None:
        """Show the picture of a file, when it is made; "" for nothing."""
        self._path = path
        self.setVisible(bool(path))
        self.setPixmap(QPixmap())
        if path:
            self._maker.make(path, lambda: PictureOrder(path, SIDE))

    def stop(self) -> None:
        """Make no more pictures."""
        self._maker.stop()

    def _show(self, path: str, picture: object) -> None:
        if path != self._path:
            return
        self.setVisible(picture is not None)
        if picture is not None:
            self.setPixmap(pixmap_of(picture, SIDE, self.devicePixelRatioF()))
