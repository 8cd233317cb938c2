"""The DICOM module in the real main window, on a database and settings of each test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from Testing.DICOMLib.widgets.conftest import SERIES, slice_dataset

BLOCK = 8  # pixels of one brightness in a row, so that interpolation does not matter in their middle
SHAPE = (5, 64, 80)  # slices, rows, columns
SPACING = (3.0, 1.5, 1.25)  # mm between slices, rows, columns
FIRST_POSITION_LPS = (-50.0, -47.0, 12.0)
WINDOW, LEVEL = 400, 100
SHADES_SERIES = "1.2.9.1"


def shades() -> np.ndarray:
    """Voxels in blocks of one brightness, another one in each slice; none is saturated in the window."""
    slices, rows, columns = SHAPE
    block_rows, block_columns = rows // BLOCK, columns // BLOCK
    generator = np.random.default_rng(5)
    low, high = LEVEL - WINDOW // 2 + 10, LEVEL + WINDOW // 2 - 10
    blocks = generator.integers(low, high, (slices, block_rows, block_columns))
    return blocks.repeat(BLOCK, axis=1).repeat(BLOCK, axis=2).astype(np.int16)


def write_shades(folder: Path) -> list[Path]:
    """A CT series of `shades`, axial, with a window of its own."""
    paths = []
    for index, values in enumerate(shades()):
        dataset = slice_dataset(
            ("Shade^Sam", "S1", "1.2.9", "20220101", "Shades", SHADES_SERIES, 7, "CT", "Blocks", 5), index
        )
        dataset.Rows, dataset.Columns = values.shape
        dataset.PixelData = values.tobytes()
        x, y, z = FIRST_POSITION_LPS
        dataset.ImagePositionPatient = [x, y, z + SPACING[0] * index]
        dataset.PixelSpacing = [SPACING[1], SPACING[2]]
        dataset.WindowCenter, dataset.WindowWidth = LEVEL, WINDOW
        paths.append(folder / f"{dataset.SOPInstanceUID}.dcm")
        dataset.save_as(paths[-1], enforce_file_format=True)
    return paths


@pytest.fixture
def dicom_folder(tmp_path: Path) -> Path:
    """Three patients, four studies, five series, fourteen images, and a text file."""
    folder = tmp_path / "files"
    folder.mkdir()
    for series in SERIES:
        for index in range(series[-1]):
            dataset = slice_dataset(series, index)
            dataset.save_as(folder / f"{dataset.SOPInstanceUID}.dcm", enforce_file_format=True)
    write_shades(folder)
    (folder / "readme.txt").write_text("no image")
    return folder


@pytest.fixture
def kept_settings(host: Any) -> Iterator[Any]:
    """The settings, which are as before when the test is over."""
    from qtpy.QtCore import QSettings

    settings = QSettings()
    before = {key: settings.value(key) for key in settings.allKeys()}
    yield settings
    for key in settings.allKeys():
        if key not in before:
            settings.remove(key)
    for key, value in before.items():
        settings.setValue(key, value)


@pytest.fixture
def dicom(
    qtbot: Any, main_window: Any, scene: Any, kept_settings: Any, tmp_path: Path
) -> Iterator[SimpleNamespace]:
    """The DICOM module as a user finds it: selected, browser shown, its database empty.

    Gives `window`, `instance`, `panel`, `browser` (with the loading part), `tables`, `database`, `red`.
    """
    import slicer

    layout = main_window.layoutManager()
    before = SimpleNamespace(
        database=slicer.dicomDatabase.databaseFilename,
        module=main_window.moduleSelector().selectedModule,
        layout=layout.layout,
    )
    folder = tmp_path / "database"
    folder.mkdir()
    slicer.dicomDatabase.openDatabase(str(folder / "ctkDICOM.sql"))
    main_window.resize(1400, 1000)
    main_window.moduleSelector().selectModule("DICOM")
    layout.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    slicer.modules.DICOMInstance.showBrowser(True)
    parts = _parts(main_window)
    _begin(parts)
    qtbot.waitUntil(parts.browser.isVisible)
    yield parts
    parts = _parts(main_window)
    parts.browser._stepper.stop()
    parts.browser.dicomBrowser._tasks.stop()
    if parts.instance.isDockMode:
        parts.instance.switchToLayoutMode()
    layout.setLayout(before.layout)
    if before.module:
        main_window.moduleSelector().selectModule(before.module)
    _begin(parts)
    slicer.dicomDatabase.openDatabase(before.database)


def _parts(window: Any) -> SimpleNamespace:
    import slicer

    panel = slicer.modules.dicom.widgetRepresentation().self()
    browser = panel.browserWidget
    return SimpleNamespace(
        window=window,
        instance=slicer.modules.DICOMInstance,
        panel=panel,
        browser=browser,
        tables=browser.dicomBrowser.dicomTableManager(),
        tasks=browser.dicomBrowser._tasks,
        database=slicer.dicomDatabase,
        red=window.layoutManager().sliceWidget("Red").sliceView(),
    )


def _begin(parts: SimpleNamespace) -> None:
    """The browser without selection, searches, messages and special modes."""
    parts.browser.setBrowserPersistence(False)
    parts.browser.advancedViewButton.setChecked(False)
    for table in parts.tables.tables():
        table.setFilterText("")
        table.clearSelection()
    parts.browser._result.hide()
    parts.tasks.information.hide()
    parts.browser.dicomBrowser.setImportDirectoryMode(1)


@pytest.fixture
def brightness() -> Callable[[Any], np.ndarray]:
    """Reads a view: red of each pixel, the first row at the top."""

    def read(view: Any) -> np.ndarray:
        image = view.picture()
        width, height = image.width(), image.height()
        bits = image.constBits()
        data = bits.asarray(width * height * 4) if hasattr(bits, "asarray") else bits  # PyQt, PySide
        return np.asarray(data, np.uint8).reshape(height, width, 4)[:, :, 0].copy()

    return read


@pytest.fixture
def tree(qtbot, dicom):
    """The tree over an empty scene."""
    tree = dicom.panel.ui.subjectHierarchyTree
    qtbot.waitUntil(tree.isVisible)
    return tree


@pytest.fixture
def hierarchy(scene):
    import slicer

    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
