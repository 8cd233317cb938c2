"""Dose volumes: values in Gy, isodose levels, and colours that show them."""

from __future__ import annotations

import itertools
from collections.abc import Container, Mapping, Sequence
from typing import Any

import slicer
import vtk
from vtkmodules.vtkRenderingCore import vtkColorTransferFunction

from DICOMLib.mrml.codes import Code, coded_entry

# Names of attributes are those of SlicerRT.
DOSE_ATTRIBUTE = "DicomRtImport.DoseVolume"
UNIT_ATTRIBUTE = "DicomRtImport.DoseUnitName"
SCALING_ATTRIBUTE = "DicomRtImport.DoseUnitValue"
ISODOSE_ROLE = "DicomRtImport.IsodoseColorTable"

CUMULATIVE = "CUMULATIVE"
QUANTITY = Code("128513", "DCM", "Absorbed Dose")
UNITS = {"GY": Code("Gy", "UCUM", "Gray"), "RELATIVE": Code("1", "UCUM", "no units")}

# Part of the reference dose, and the colour of its line: blue is cold, red is hot.
ISODOSES = (
    (0.10, (0.0, 0.0, 0.6)),
    (0.30, (0.0, 0.3, 1.0)),
    (0.50, (0.0, 0.8, 1.0)),
    (0.70, (0.0, 0.8, 0.3)),
    (0.80, (0.5, 0.9, 0.0)),
    (0.90, (1.0, 1.0, 0.0)),
    (0.95, (1.0, 0.7, 0.0)),
    (1.00, (1.0, 0.3, 0.0)),
    (1.05, (0.9, 0.0, 0.0)),
    (1.10, (0.6, 0.0, 0.3)),
)


def isodose_levels(reference_dose: float) -> list[tuple[float, tuple[float, float, float]]]:
    """Dose and colour of each isodose line, ascending; none where there is no dose."""
    if not reference_dose > 0:
        return []
    return [(round(part * reference_dose, 6), colour) for part, colour in ISODOSES]


def describe_dose(node: Any, unit_name: str, scaling: str) -> None:
    """Say that a volume holds dose, in which unit, and what its quantity is."""
    node.SetAttribute(DOSE_ATTRIBUTE, "1")
    node.SetAttribute(UNIT_ATTRIBUTE, "Gy" if unit_name == "GY" else unit_name)
    node.SetAttribute(SCALING_ATTRIBUTE, scaling)
    node.SetVoxelValueQuantity(coded_entry(QUANTITY))
    node.SetVoxelValueUnits(coded_entry(UNITS.get(unit_name, UNITS["RELATIVE"])))


def colour_dose(node: Any, reference_dose: float) -> None:
    """Show dose in isodose colours, transparent below the lowest level.

    The levels are also a colour table of their own, whose names are the doses: what makes isodose lines of
    a dose volume reads them there (node reference "DicomRtImport.IsodoseColorTable").

    Parameters
    ----------
    node
        Dose volume with a display node.
    reference_dose
        What counts as 100 %: the prescription, or the highest dose.
    """
    levels = isodose_levels(reference_dose)
    if not levels:
        return
    scene, highest = node.GetScene(), max(node.GetImageData().GetScalarRange()[1], levels[-1][0])
    table = _isodose_table(scene, f"{node.GetName()} isodoses", levels)
    node.SetNodeReferenceID(ISODOSE_ROLE, table.GetID())
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(_colour_map(scene, f"{node.GetName()} colors", levels, highest).GetID())
    display.AutoWindowLevelOff()
    display.SetWindowLevelMinMax(0, highest)
    display.AutoThresholdOff()
    display.SetThreshold(levels[0][0], max(highest, levels[0][0]))
    display.ApplyThresholdOn()


Levels = Sequence[tuple[float, tuple[float, float, float]]]


def _isodose_table(scene: Any, name: str, levels: Levels) -> Any:
    """A colour table with one entry for each level, named by its dose."""
    node = slicer.vtkMRMLColorTableNode()
    node.SetTypeToUser()
    node.SetNumberOfColors(len(levels))
    for index, (dose, colour) in enumerate(levels):
        node.SetColor(index, f"{dose:g}", *colour, 1.0)
    node.SetName(scene.GenerateUniqueName(name))
    node.SetHideFromEditors(False)
    return scene.AddNode(node)


def _colour_map(scene: Any, name: str, levels: Levels, highest: float) -> Any:
    """A continuous colour map from no dose to the highest one."""
    function = vtkColorTransferFunction()
    for dose, colour in ((0.0, levels[0][1]), *levels):
        function.AddRGBPoint(dose, *colour)
    function.AddRGBPoint(max(highest, levels[-1][0] + 1e-6), *levels[-1][1])
    node = slicer.vtkMRMLProceduralColorNode()
    node.SetAndObserveColorTransferFunction(function)
    node.SetTypeToUser()
    node.SetName(scene.GenerateUniqueName(name))
    return scene.AddNode(node)


def show_over_anatomy(node: Any) -> None:
    """Show dose half transparent over the active volume, or alone if there is none."""
    logic = slicer.app.applicationLogic()
    selection = logic.GetSelectionNode()
    if not selection.GetActiveVolumeID():
        selection.SetActiveVolumeID(node.GetID())
        logic.PropagateBackgroundVolumeSelection(False)
        return
    selection.SetSecondaryVolumeID(node.GetID())
    logic.PropagateForegroundVolumeSelection(False)
    composites = node.GetScene().GetNodesByClass("vtkMRMLSliceCompositeNode")
    composites.UnRegister(None)
    for index in range(composites.GetNumberOfItems()):
        composites.GetItemAsObject(index).SetForegroundOpacity(0.5)


def dose_volume_histograms(dataset: Any, names: dict[int, str]) -> Any:
    """A vtkTable of the histograms that a dose object brings along (PS3.3 C.8.8.4), None if it has none.

    Each structure has two columns, dose and volume, whose names tell if it is not cumulative. A cumulative
    volume has at least its dose, which is the lower edge of the bin, so that the first row is all of the
    structure at no dose. The volume of another kind lies within its bin: the dose is the middle of it.

    Parameters
    ----------
    dataset
        RT Dose.
    names
        Name of each structure by ROI Number, as far as they are known.
    """
    histograms = [item for item in dataset.get("DVHSequence") or () if item.get("DVHData")]
    if not histograms:
        return None
    columns: dict[str, list[float]] = {}
    for item in histograms:
        referenced = item.get("DVHReferencedROISequence")
        number = int(referenced[0].ReferencedROINumber) if referenced else 0
        widths, volumes = [[float(value) for value in item.DVHData[start::2]] for start in (0, 1)]
        kind = str(item.get("DVHType") or CUMULATIVE)
        name = names.get(number, f"ROI {number}") + ("" if kind == CUMULATIVE else f" {kind.lower()}")
        scaling = float(item.get("DVHDoseScaling") or 1)
        doses = _doses(widths, scaling, 0.0 if kind == CUMULATIVE else 0.5)
        columns[_new_name(columns, f"{name} dose [{item.get('DoseUnits', 'GY')}]")] = doses
        columns[_new_name(columns, f"{name} volume [{item.get('DVHVolumeUnits', 'CM3')}]")] = volumes
    return _table(columns)


def _new_name(names: Container[str], name: str) -> str:
    """The name, numbered where there is one already: a table has one column of a name."""
    numbered = (f"{name} ({number})" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in names)


def _table(columns: Mapping[str, list[float]]) -> Any:
    """A vtkTable; columns that are shorter than others end in NaN."""
    table = vtk.vtkTable()
    rows = max(map(len, columns.values()))
    for name, values in columns.items():
        array = vtk.vtkDoubleArray()
        array.SetName(name)
        for index in range(rows):
            array.InsertNextValue(values[index] if index < len(values) else float("nan"))
        table.AddColumn(array)
    return table


def _doses(widths: Sequence[float], scaling: float, part: float) -> list[float]:
    """Dose at a part of each bin, from its lower edge (0) to its upper one (1), of bins from 0."""
    lower, doses = 0.0, []
    for width in widths:
        doses.append((lower + part * width) * scaling)
        lower += width
    return doses
