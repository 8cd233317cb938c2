"""Thumbnails: size, aspect ratio, first frame, window of the file, and what cannot be shown."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.ctkDICOMScheduler import ctkDICOMScheduler
from DICOMLib.compat.ctkDICOMThumbnailGenerator import ctkDICOMThumbnailGenerator
from Testing import factories


@pytest.fixture
def wide(tmp_path):
    """Two frames of 20 rows and 40 columns: left black and right white, then all black."""
    (dataset,) = factories.ct_series(1, NumberOfFrames=2, Rows=20, Columns=40)
    dataset.WindowCenter, dataset.WindowWidth = 100, 50
    dataset.RescaleIntercept, dataset.RescaleSlope = 0, 1
    pixels = np.zeros((2, 20, 40), np.int16)
    pixels[0, :, 20:] = 300
    dataset.PixelData = pixels.tobytes()
    return factories.write([dataset], tmp_path / "wide")[0]


def opened(path):
    with Image.open(path) as picture:
        picture.load()
    return picture


def test_the_first_frame_at_full_size(wide, tmp_path):
    target = tmp_path / "thumbnail.png"
    assert ctkDICOMThumbnailGenerator().generateThumbnail(wide, str(target))
    picture = np.asarray(opened(target).convert("L"))
    assert picture.shape == (128, 256)
    assert (picture[:, :128] == 0).all()
    assert (picture[:, 128:] == 255).all()


def test_other_sizes(wide, tmp_path):
    generator = ctkDICOMThumbnailGenerator()
    generator.width, generator.height, generator.smoothResize = 30, 10, True
    assert generator.generateThumbnail(wide, str(tmp_path / "small.png"))
    assert opened(tmp_path / "small.png").size == (20, 10)


def test_what_cannot_be_shown_leaves_no_file(tmp_path):
    (tmp_path / "note.txt").write_text("hello")
    (report,) = factories.write([factories.text_report()], tmp_path / "report")
    for path in (report, str(tmp_path / "note.txt"), str(tmp_path / "gone.dcm")):
        assert not ctkDICOMThumbnailGenerator().generateThumbnail(path, str(tmp_path / "none.png"))
        assert not (tmp_path / "none.png").exists()


def test_a_document_and_a_blank_one(tmp_path):
    class Filled:
        color = None

        def fill(self, color):
            self.color = color

    generator, blank = ctkDICOMThumbnailGenerator(), Filled()
    generator.generateDocumentThumbnail(str(tmp_path / "page.png"), "navy")
    page = opened(tmp_path / "page.png")
    assert (page.size, page.getpixel((0, 0)), page.getpixel((128, 40))) == (
        (256, 256),
        (0, 0, 128),
        (255, 255, 255),
    )
    generator.generateBlankThumbnail(blank, "white")
    assert blank.color == "white"


def test_by_the_scheduler(wide, tmp_path):
    (tmp_path / "db").mkdir()
    database, scheduler = ctkDICOMDatabase(str(tmp_path / "db" / "ctkDICOM.sql")), ctkDICOMScheduler()
    database.setThumbnailGenerator(ctkDICOMThumbnailGenerator())
    scheduler.setDicomDatabase(database)
    finished = []
    scheduler.connect("jobFinished(QList<QVariant>)", finished.extend)
    uids = ("1.2", "1.2.3", "1.2.3.4")
    scheduler.generateThumbnail(wide, "P1", *uids, "SEG")
    assert scheduler.numberOfJobs == 0
    scheduler.generateThumbnail(wide, "P1", *uids, "CT")
    scheduler.waitForFinish()
    assert [detail.jobClass() for detail in finished] == ["ctkDICOMThumbnailGeneratorJob"]
    assert opened(database.thumbnailPathForInstance(*uids)).size == (256, 128)
    database.closeDatabase()
