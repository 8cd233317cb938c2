"""Thumbnails as PNG files, as CTK's generator makes them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from pydicom.errors import InvalidDicomError

from DICOMLib.compat.network_face import NetworkFace
from DICOMLib.core.errors import log_failure
from DICOMLib.standard.preview import preview

log = logging.getLogger(__name__)

_WHOLE = 1 << 20  # pixels of a side: no image is made smaller before it is scaled
_UNREADABLE = (
    OSError,
    InvalidDicomError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    AttributeError,
    IndexError,
)


class ctkDICOMThumbnailGenerator(NetworkFace):
    """Makes pictures of instances; a database takes one by `setThumbnailGenerator`.

    Attributes
    ----------
    width, height
        Most pixels of each side; the aspect ratio is kept, and nothing is padded.
    smoothResize
        Whether pixels are averaged where the picture is scaled.
    """

    PROPERTIES = (("width", 256), ("height", 256), ("smoothResize", False))
    width: int
    height: int
    smoothResize: bool

    def __init__(self, parent: Any = None) -> None:
        self._set_defaults()

    def generateThumbnail(self, dicomFilePath: str, thumbnailPath: str) -> bool:
        """Write the first frame of a file as PNG; False, without a file, if it cannot be shown."""
        try:
            pixels = preview(dicomFilePath, _WHOLE, frame=0)
            if pixels is None:
                return False
            image = Image.fromarray(pixels)
            scale = min(self.width / image.width, self.height / image.height)
            size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
            how = Image.Resampling.LANCZOS if self.smoothResize else Image.Resampling.NEAREST
            image.resize(size, how).save(thumbnailPath, "PNG")
        except _UNREADABLE as error:
            log_failure(log, "an instance has no thumbnail", error)
            Path(thumbnailPath).unlink(missing_ok=True)
            return False
        return True

    def generateBlankThumbnail(self, image: Any, color: Any) -> None:
        """Fill a QImage with a colour."""
        image.fill(color)

    def generateDocumentThumbnail(self, thumbnailPath: str, color: Any = "white") -> None:
        """Write the picture of a page with lines, for what has no pixels; `color` is that around it."""
        picture = Image.new("RGB", (self.width, self.height), _rgb(color))
        draw = ImageDraw.Draw(picture)
        left, top = self.width // 4, self.height // 8
        draw.rectangle((left, top, self.width - left, self.height - top), fill="white", outline="gray")
        for line in range(1, 7):
            y = top + line * (self.height - 2 * top) // 7
            draw.line((left * 5 // 4, y, self.width - left * 5 // 4, y), fill="gray")
        picture.save(thumbnailPath, "PNG")


def _rgb(color: Any) -> Any:
    """A QColor, or what Pillow takes as a colour."""
    return (color.red(), color.green(), color.blue()) if hasattr(color, "red") else color
