"""From a series in the table to the reasons of each plugin."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from Testing.DICOMLib.widgets.browsing.test_slicer_browser import database, series_table, window  # noqa: F401
from Testing.image_series import heights, stack, write

pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


def test_why(qtbot, window):  # noqa: F811
    from DICOMLib.widgets.loading.explanation_dialog import ExplanationDialog

    assert not window.explainButton.isEnabled()
    table = series_table(window)
    window.onSeriesSelected([table.uidsForAllRows()[0]])
    assert window.explainButton.isEnabled()
    qtbot.mouseClick(window.explainButton, Qt.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(ExplanationDialog) is not None)
    dialog = window.findChild(ExplanationDialog)
    assert "CT Image Storage" in dialog.facts.text()
    texts = [
        [dialog.table.item(row, column).text() for column in range(3)]
        for row in range(dialog.table.rowCount())
    ]
    assert texts[0][:2] == ["Scalar Volume", "50%"]
    assert texts[0][2].startswith("Offers ")
    titles = [text[0] for text in texts]
    assert [title for title in titles if "DICOM" in title] == []
    assert {"Manufacturing 3D Model", "Parametric Map", "Segmentation", "Radiotherapy"} <= set(titles)
    qtbot.mouseClick(dialog.copyButton, Qt.LeftButton)
    assert "Scalar Volume (DICOMScalarVolumePlugin): 50%" in QApplication.clipboard().text()
    dialog.reject()


def test_only_one_series_can_be_asked_about(window):  # noqa: F811
    window.onSeriesSelected(series_table(window).uidsForAllRows()[:2])
    assert not window.explainButton.isEnabled()


def test_facts_that_stand_in_the_way_of_loading(qtbot, window, tmp_path):  # noqa: F811
    """Sizes that differ, and pixels that cannot be decoded."""
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEGLSLossless

    from DICOMLib.widgets.loading.explanation_dialog import ExplanationDialog

    images = stack(heights(0, 3), SeriesInstanceUID="1.2.3.99")
    images[0].Rows, images[0].PixelData = 2, bytes(20)
    images[1].file_meta.TransferSyntaxUID = JPEGLSLossless
    images[1].PixelData = encapsulate([b"no image at all "])
    images[1]["PixelData"].is_undefined_length = True
    for path in write(images, tmp_path / "mixed"):
        window.dicomBrowser.database().insert(path, False)
    window.explainSeries("1.2.3.99")
    qtbot.waitUntil(lambda: window.findChild(ExplanationDialog) is not None)
    dialog = window.findChild(ExplanationDialog)
    facts = dialog.facts.text()
    assert "The images differ in size, so that they make no single volume" in facts
    assert "1 of 2 images: The pixels cannot be decoded: " in facts
    dialog.reject()
