"""How the tile of a series is painted."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QImage, QPainter, QPixmap
from qtpy.QtWidgets import QStyleOptionViewItem

from DICOMLib.widgets.visual.cards import SeriesCard
from DICOMLib.widgets.visual.series_tiles import SeriesModel, SeriesTile

pytestmark = pytest.mark.gui

CELL = QRect(100, 10, 144, 170)
PICTURE = QRect(108, 18, 128, 128)  # in the middle of the cell, 8 pixels below its top


class WhitePictures:
    """Where a tile has its picture from: each is white."""

    def pixmap(self, _series, _modality, side, _is_here=True):
        picture = QPixmap(side, side)
        picture.fill(Qt.white)
        return picture


@pytest.fixture
def painted(qapp):
    """A tile of a series, painted into a transparent picture that is larger than it."""
    model, tile = SeriesModel(), SeriesTile(WhitePictures())
    model.show([SeriesCard("1.2", "3", "Head", "CT", 12, "256x256")])
    image = QImage(300, 200, QImage.Format_ARGB32_Premultiplied)
    image.fill(Qt.transparent)
    option = QStyleOptionViewItem()
    option.rect = CELL
    painter = QPainter(image)
    tile.paint(painter, option, model.index(0, 0))
    painter.end()
    return image


def test_nothing_is_painted_beside_the_cell(painted):
    outside = [(x, y) for x in range(300) for y in range(200) if not CELL.contains(x, y)]
    assert [place for place in outside if painted.pixelColor(*place).alpha()] == []


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("bottom", [False, True])
def test_each_mark_stands_on_a_dark_band(painted, right, bottom):
    """Also the first one that is painted. The margin of a band, 3 pixels wide, has no letters."""
    x = PICTURE.right() - 3 if right else PICTURE.left() + 3
    y = PICTURE.bottom() - 8 if bottom else PICTURE.top() + 8
    assert painted.pixelColor(PICTURE.center()).lightness() == 255
    assert painted.pixelColor(x, y).lightness() < 100
