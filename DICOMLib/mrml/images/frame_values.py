"""How the frames of an enhanced image are shown and what their values mean, by its functional groups."""

from __future__ import annotations

from typing import Any

from DICOMLib.mrml.codes import NO_CODE, Code, coded_entry, first_code
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.volumes.display import window_level_presets
from DICOMLib.mrml.volumes.value_mapping import quantity_of
from DICOMLib.standard.functional_groups import macro

SAME_SCALE = 1e-6
_TERMS = (("Slope", 1), ("Intercept", 0))


def frame_window_presets(path: str) -> list[tuple[float, float]]:
    """Pairs (width, center) of the middle frame (Frame VOI LUT, PS3.3 C.7.6.16.2.10); none if it has none.

    Raises
    ------
    ValueError
        If they are not usable.
    """
    dataset = read_dataset(path, stop_before_pixels=True)
    item = macro(dataset, int(dataset.get("NumberOfFrames") or 1) // 2, "FrameVOILUTSequence")
    return window_level_presets(_joined(item.get("WindowCenter")), _joined(item.get("WindowWidth")))


def needs_modality_table(path: str) -> bool:
    """Whether stored values mean something only by a table (Modality LUT, PS3.3 C.11.1), not by a slope."""
    dataset = read_dataset(path, stop_before_pixels=True, only=["ModalityLUTSequence"])
    return bool(dataset.get("ModalityLUTSequence"))


def describe_values(node: Any, path: str) -> None:
    """Set the unit and the quantity of a volume where the frames tell them (PS3.3 C.7.6.16.2.11).

    They are those of a Real World Value Mapping, which counts only where it gives the values that the
    volume has: that of the rescaling.
    """
    dataset = read_dataset(path, stop_before_pixels=True)
    units, quantity = real_world_meaning(dataset)
    if units.value:
        node.SetVoxelValueUnits(coded_entry(units))
    if quantity.value:
        node.SetVoxelValueQuantity(coded_entry(quantity))


def real_world_meaning(dataset: Any) -> tuple[Code, Code]:
    """Unit and quantity of the rescaled values; empty where frames do not tell them, or not the same ones."""
    frames = range(int(dataset.get("NumberOfFrames") or 1))
    meanings = {_meaning_of_frame(dataset, index) for index in frames}
    return meanings.pop() if len(meanings) == 1 else (NO_CODE, NO_CODE)


def _meaning_of_frame(dataset: Any, index: int) -> tuple[Code, Code]:
    """Unit and quantity of the rescaled values of a frame; empty where they are not told."""
    mapping = macro(dataset, index, "RealWorldValueMappingSequence") or _first(dataset)
    rescale = macro(dataset, index, "PixelValueTransformationSequence") or dataset
    scale = [float(mapping.get(f"RealWorldValue{name}", default)) for name, default in _TERMS]
    own = [float(rescale.get(f"Rescale{name}") or default) for name, default in _TERMS]
    is_same = all(
        abs(one - other) <= SAME_SCALE * max(1, abs(other)) for one, other in zip(scale, own, strict=True)
    )
    if not mapping or not is_same or "RealWorldValueLUTData" in mapping:
        return NO_CODE, NO_CODE
    return first_code(mapping, "MeasurementUnitsCodeSequence"), quantity_of(mapping)


def _first(dataset: Any) -> Any:
    """The mapping that stands in an image without functional groups."""
    items = dataset.get("RealWorldValueMappingSequence")
    return items[0] if items else {}


def _joined(value: Any) -> str:
    """One number or several as text."""
    if value is None or value == "":
        return ""
    return "\\".join(str(part) for part in value) if hasattr(value, "__iter__") else str(value)
