"""How loaded images are shown: window and level, colours, and which volume the views show."""

from __future__ import annotations

import logging
from typing import Any

import slicer

log = logging.getLogger(__name__)


def window_level_presets(centers: str, widths: str) -> list[tuple[float, float]]:
    r"""Pairs (width, center) of Window Center (0028,1050) and Window Width (0028,1051).

    Parameters
    ----------
    centers, widths
        Numbers joined with backslashes; both empty gives no pairs.

    Raises
    ------
    ValueError
        If there are not as many centers as widths, or one is no number.
    """
    if not centers and not widths:
        return []
    pairs = zip(widths.split("\\"), centers.split("\\"), strict=True)
    return [(float(width), float(center)) for width, center in pairs]


def usable_presets(centers: str, widths: str) -> list[tuple[float, float]]:
    """`window_level_presets`; none, and a line in the log, where the texts are not usable."""
    try:
        return window_level_presets(centers, widths)
    except ValueError:
        log.error("Window center and width of an image are not usable.")  # noqa: TRY400 odd data
        return []


def apply_window_level_presets(node: Any, presets: list[tuple[float, float]]) -> None:
    """Let the user choose among the presets, and show the first one."""
    if not presets:
        return
    display = node.GetDisplayNode()
    for width, center in presets:
        display.AddWindowLevelPreset(width, center)
    display.SetWindowLevelFromPreset(0)


def forget_window_level_presets(node: Any) -> None:
    """Let a volume choose its window by its voxels."""
    display = node.GetDisplayNode()
    display.ResetWindowLevelPresets()
    display.AutoWindowLevelOn()


def use_pet_heat(node: Any) -> None:
    """Show a PET image in the colours that are usual for it."""
    colors = slicer.app.applicationLogic().GetColorLogic()
    if colors is None:
        return
    color_node = colors.GetPETColorNodeID(slicer.vtkMRMLPETProceduralColorNode.PETheat)
    node.GetDisplayNode().SetAndObserveColorNodeID(color_node)


def show_in_slice_views(node: Any) -> None:
    """Make a volume the active one and the background of all slice views."""
    logic = slicer.app.applicationLogic()
    logic.GetSelectionNode().SetReferenceActiveVolumeID(node.GetID())
    logic.PropagateVolumeSelection()
