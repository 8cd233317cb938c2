"""Volume rendering on request: transfer functions that suit the volume, and a place to draw."""

from __future__ import annotations

from typing import Any

LOGIC = "VolumeRendering"
CT_PRESET = "CT-AAA"


def is_volume_rendered(application_logic: Any, volume: Any) -> bool:
    """Whether a volume is shown as a rendered volume."""
    logic = application_logic.GetModuleLogic(LOGIC)
    display = logic.GetFirstVolumeRenderingDisplayNode(volume) if logic is not None else None
    return display is not None and bool(display.GetVisibility())


def show_volume(application_logic: Any, volume: Any, shown: bool) -> bool:
    """Show a volume in the 3D views as a rendered volume, or hide it.

    Parameters
    ----------
    application_logic
        vtkMRMLApplicationLogic that knows the logic of volume rendering.
    volume
        vtkMRMLScalarVolumeNode.
    shown
        Whether to show it.

    Returns
    -------
    bool
        Whether it was shown for the first time.
    """
    logic = application_logic.GetModuleLogic(LOGIC)
    display = logic.GetFirstVolumeRenderingDisplayNode(volume)
    first = display is None and shown
    if first:
        display = logic.CreateDefaultVolumeRenderingNodes(volume)
        _choose_look(logic, volume, display)
    if display is not None:
        display.SetVisibility(int(shown))
    return first


def is_ct(volume: Any) -> bool:
    """Whether the values look like Hounsfield units: said by the units, else by a range below water."""
    units = volume.GetVoxelValueUnits()
    if units is not None and units.GetCodeValue():
        return bool(units.GetCodeValue() == "[hnsf'U]")
    image = volume.GetImageData()
    low, high = image.GetScalarRange() if image is not None else (0.0, 0.0)
    return bool(low < -200 and high > 200)


def _choose_look(logic: Any, volume: Any, display: Any) -> None:
    if is_ct(volume):
        display.GetVolumePropertyNode().Copy(logic.GetPresetByName(CT_PRESET))
    else:
        logic.CopyDisplayToVolumeRenderingDisplayNode(display)
