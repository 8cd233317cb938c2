"""Volume rendering on request: transfer functions that suit the volume, and a place to draw."""

from __future__ import annotations

from typing import Any

from DICOMLib.core.resources import resource

LOGIC = "VolumeRendering"
PRESETS = "Config/share/VolumeRendering/presets.xml"
CT_PRESET, MR_PRESET = "CT-AAA", "MR-Default"
# Soft tissue faint, bone opaque; value, opacity and colour, for Hounsfield units.
CT_POINTS = (
    (-3024.0, 0.0, (0.0, 0.0, 0.0)),
    (143.0, 0.0, (0.62, 0.36, 0.18)),
    (166.0, 0.69, (0.88, 0.60, 0.29)),
    (214.0, 0.70, (1.0, 0.94, 0.95)),
    (419.0, 0.83, (1.0, 0.94, 0.95)),
    (3071.0, 0.80, (0.83, 0.66, 1.0)),
)


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


def _preset(logic: Any, name: str) -> Any:
    try:
        resource(PRESETS)
    except FileNotFoundError:  # the logic would complain aloud
        return None
    return logic.GetPresetByName(name)


def _choose_look(logic: Any, volume: Any, display: Any) -> None:
    preset = _preset(logic, CT_PRESET if is_ct(volume) else MR_PRESET)
    properties = display.GetVolumePropertyNode()
    if preset is not None:
        properties.Copy(preset)
    elif is_ct(volume):
        _set_points(properties.GetVolumeProperty())
    else:
        logic.CopyDisplayToVolumeRenderingDisplayNode(display)


def _set_points(properties: Any) -> None:
    opacity, color = properties.GetScalarOpacity(), properties.GetRGBTransferFunction()
    opacity.RemoveAllPoints()
    color.RemoveAllPoints()
    for value, density, (red, green, blue) in CT_POINTS:
        opacity.AddPoint(value, density)
        color.AddRGBPoint(value, red, green, blue)
    properties.ShadeOn()
    properties.SetInterpolationTypeToLinear()
    properties.SetAmbient(0.1)
    properties.SetDiffuse(0.9)
    properties.SetSpecular(0.2)
    properties.SetSpecularPower(10.0)
