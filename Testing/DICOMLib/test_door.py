"""Slicer's names on the package: both spellings, whatever was imported first."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.mrml


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


PRINT_KIND = "print(isinstance(DICOMLib.DICOMPlugin, type), isinstance(DICOMLib.DICOMLoadable, type))"


@pytest.mark.parametrize(
    "imports",
    [
        "import DICOMLib",
        "import DICOMLib.DICOMPlugin, DICOMLib",
        "import DICOMLib; import DICOMLib.DICOMPlugin",
        "from DICOMLib import DICOMLoadable; import DICOMLib.DICOMPlugin; import DICOMLib",
        "from DICOMLib.DICOMPlugin import DICOMPlugin; import DICOMLib",
        "from DICOMLib import DICOMPlugin; import DICOMLib",
        "import DICOMLib.DICOMUtils; import DICOMLib",
        "from DICOMLib import DICOMUtils; import DICOMLib",
    ],
)
def test_classes_are_classes_in_each_order(imports):
    assert run(f"{imports}\n{PRINT_KIND}") == "True True"


@pytest.mark.parametrize(
    "imports",
    ["import DICOMLib", "import DICOMLib.DICOMUtils", "from DICOMLib import DICOMUtils; import DICOMLib"],
)
def test_functions_by_both_spellings(imports):
    names = (
        "loadSeriesByUID importDicom clearDatabase getLoadablesFromFileLists loadLoadables "
        "selectHighestConfidenceLoadables TemporaryDICOMDatabase getSortedImageFiles"
    )
    code = f"""
{imports}
import types
assert isinstance(DICOMLib.DICOMUtils, types.ModuleType)
print(all(getattr(DICOMLib, name) is getattr(DICOMLib.DICOMUtils, name) for name in {names.split()}))
"""
    assert run(code) == "True"


def test_plugin_can_be_derived_after_its_file_was_imported():
    code = """
import DICOMLib.DICOMPlugin
from DICOMLib import DICOMPlugin
class Plugin(DICOMPlugin):
    pass
from DICOMLib.DICOMPlugin import DICOMPlugin as same
print(Plugin().loadType, same is DICOMPlugin)
"""
    assert run(code) == "Generic DICOM True"


def test_names_without_windows_need_no_qt():
    code = """
import sys
import DICOMLib
from DICOMLib import DICOMLoadable, DICOMPlugin, DICOMUtils, loadSeriesByUID, importDicom
print([name for name in sys.modules if name.startswith(("PyQt", "PySide", "qtpy"))])
"""
    assert run(code) == "[]"


def test_packages_need_neither_slicer_nor_qt():
    code = """
import sys
from DICOMLib import database, standard
print([name for name in ("slicer", "vtkmodules", "qtpy") if name in sys.modules])
"""
    assert run(code) == "[]"


def test_unknown_name():
    import DICOMLib

    name = "thereIsNoSuchName"
    with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
        getattr(DICOMLib, name)
