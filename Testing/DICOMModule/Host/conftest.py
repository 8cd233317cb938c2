"""Volumes whose voxels tell where they are, and the views that show them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

SHAPE = (12, 30, 40)  # slices, rows, columns
SPACING = (1.0, 1.25, 2.5)  # mm along columns, rows, slices
ORIGIN_RAS = (20.0, 18.0, -14.0)  # of the first voxel, which is the right-most (L is +x in LPS), front-most


@pytest.fixture
def values() -> np.ndarray:
    """Voxels from 0 to 255, each slice another picture, no two halves alike."""
    return np.random.default_rng(3).integers(0, 256, SHAPE).astype(np.int16)


@pytest.fixture
def volume(scene: Any, values: np.ndarray) -> Any:
    """An axial volume as CT makes it: columns go to the left, rows to the back, slices to the head."""
    import slicer
    import vtk

    node = slicer.util.addVolumeFromArray(values, name="Noise")
    ijk_to_ras = vtk.vtkMatrix4x4()
    for axis, step in enumerate((-SPACING[0], -SPACING[1], SPACING[2])):
        ijk_to_ras.SetElement(axis, axis, step)
        ijk_to_ras.SetElement(axis, 3, ORIGIN_RAS[axis])
    node.SetIJKToRASMatrix(ijk_to_ras)
    display = node.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(255, 127.5)  # a voxel's value is the brightness of its pixels
    display.SetInterpolate(False)
    return node


@pytest.fixture
def views(main_window: Any, qtbot: Any, volume: Any) -> Iterator[SimpleNamespace]:
    """The Four-Up layout, showing `volume`: `window`, `layout`, `slices` by name, `threed`."""
    import slicer

    layout = main_window.layoutManager()
    before = layout.layout, main_window.size
    main_window.resize(1100, 900)
    layout.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    slicer.util.setSliceViewerLayers(background=volume, foreground=None, label=None)
    for name, orientation in (("Red", "Axial"), ("Green", "Coronal"), ("Yellow", "Sagittal")):
        layout.sliceWidget(name).mrmlSliceNode().SetOrientation(orientation)
    slices = {name: layout.sliceWidget(name) for name in ("Red", "Green", "Yellow")}
    qtbot.waitUntil(lambda: all(widget.sliceView().canvas.isVisible() for widget in slices.values()))
    layout.resetSliceViews()
    yield SimpleNamespace(
        window=main_window, layout=layout, slices=slices, threed=layout.threeDWidget(0), volume=volume
    )
    layout.setLayout(before[0])
    main_window.resize(before[1])
