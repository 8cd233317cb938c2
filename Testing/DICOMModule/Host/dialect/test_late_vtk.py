"""`import vtk` costs nothing until a name is asked for that slicer-core has not imported."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.mrml

BEGIN = "import sys, slicer; from DICOMModule.Host.dialect import late_vtk; late_vtk.install(); import vtk; "
LOADED = "'vtkmodules.vtkFiltersParallel' in sys.modules"


def said(code):
    """What a Python of its own prints: here VTK has long been imported."""
    return subprocess.run(
        [sys.executable, "-c", BEGIN + code], check=True, capture_output=True, text=True, timeout=120
    ).stdout.split()


def test_a_class_of_the_scene_imports_nothing_else():
    assert said(f"vtk.vtkPoints(), vtk.VTK_STRING, vtk.vtkVersion(), vtk.calldata_type; print({LOADED})") == [
        "False"
    ]


def test_a_name_of_another_part_imports_all_of_them():
    code = f"names = vtk.vtkPExtractHistogram2D, vtk.vtkVariantCreate; print({LOADED})"
    assert said(code) == ["True"]


def test_a_name_that_vtk_has_not_is_an_attribute_error():
    code = "print(hasattr(vtk, 'vtkNoSuchClass'), hasattr(vtk, '__all__'), vtk.__name__)"
    assert said(code) == ["False", "False", "vtk"]


def test_submodules_and_star_imports():
    code = (
        "import vtk.util.numpy_support as one; import vtkmodules.util.numpy_support as other;"
        "print(one.vtk_to_numpy.__name__ == other.vtk_to_numpy.__name__);"
        "from vtk import *; print(vtkSphereSource is vtk.vtkSphereSource)"
    )
    assert said(code) == ["True", "True"]


def test_warming_up_imports_part_by_part():
    code = (
        f"steps = list(late_vtk.warm_up()); print(len(steps) > 50, {LOADED}, type(vtk).__name__, "
        "list(late_vtk.warm_up()), vtk.vtkPExtractHistogram2D.__name__, type(vtk).__name__)"
    )
    assert said(code) == ["True", "True", "LateVtk", "[]", "vtkPExtractHistogram2D", "LateVtk"]


def test_an_imported_vtk_is_left_alone():
    code = (
        "import vtk; from DICOMModule.Host.dialect import late_vtk; "
        "late_vtk.install(); print(type(vtk).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == ["module"]


def test_all_parts_are_found_where_vtk_finds_them():
    code = (
        "import pathlib, vtkmodules; own = vtkmodules.find_lib_path; late_vtk.find_parts_at_once(); "
        "folder = pathlib.Path(vtkmodules.__path__[0]); "
        "parts = {path.name.partition('.')[0] for path in folder.glob('vtk*') if path.suffix != '.py'}; "
        "where, new = vtkmodules.__path__, vtkmodules.find_lib_path; "
        "print(len(parts) > 100, new is not own, all(own(where, one) == new(where, one) for one in parts), "
        "new(where, 'vtkNoSuchPart'))"
    )
    assert said(code) == ["True", "True", "True", "None"]
