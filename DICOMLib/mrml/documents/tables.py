"""Table nodes of texts, and of diffusion gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import vtk


def add_table_node(scene: Any, name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Any:
    """Add a read-only table of texts.

    Parameters
    ----------
    scene
        The scene.
    name
        A number is appended where another node has this name.
    columns
        Names of the columns; a name that comes again is numbered: " (1)", " (2)".
    rows
        One text for each column.
    """
    table = vtk.vtkTable()
    for index, title in enumerate(numbered(columns)):
        array = vtk.vtkStringArray()
        array.SetName(title)
        for row in rows:
            array.InsertNextValue(row[index])
        table.AddColumn(array)
    return add_vtk_table(scene, name, table)


def add_gradient_table(
    scene: Any, name: str, gradients: Sequence[tuple[float, tuple[float, float, float] | None]]
) -> Any:
    """Add a read-only table with a row for each diffusion-weighted volume.

    Parameters
    ----------
    scene
        The scene.
    name
        A number is appended where another node has this name.
    gradients
        For each volume its b-value (s/mm²) and its unit vector (LPS), None for no direction. The columns
        x, y and z of the table are in RAS.
    """
    rows = []
    for b_value, gradient_lps in gradients:
        left, posterior, superior = gradient_lps or (0.0, 0.0, 0.0)
        rows.append((b_value, -left, -posterior, superior))
    table = vtk.vtkTable()
    for column, title in enumerate(("b-value", "x", "y", "z")):
        array = vtk.vtkDoubleArray()
        array.SetName(title)
        for row in rows:
            array.InsertNextValue(row[column])
        table.AddColumn(array)
    node = add_vtk_table(scene, name, table)
    node.SetColumnUnitLabel("b-value", "s/mm^2")
    return node


def add_vtk_table(scene: Any, name: str, table: Any) -> Any:
    """Add a read-only table node that shows a vtkTable."""
    node = scene.AddNewNodeByClass("vtkMRMLTableNode", scene.GenerateUniqueName(name))
    node.SetAndObserveTable(table)
    node.SetUseColumnTitleAsColumnHeader(True)
    node.SetLocked(True)
    return node


def numbered(names: Sequence[str]) -> list[str]:
    """Names with " (n)" after those that have been there n times before."""
    result: list[str] = []
    for index, name in enumerate(names):
        before = list(names[:index]).count(name)
        result.append(f"{name} ({before})" if before else name)
    return result
