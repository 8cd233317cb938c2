"""Puts the names in place that scripts of Slicer expect: `qt`, `ctk`, and what `slicer` lacks.

Each name is set once, and only where Slicer itself has not set it.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any

import slicer
import slicer_core

import __main__
from DICOMModule.Host.dialect import late_requests, late_vtk
from DICOMModule.Host.dialect.ctk_module import CtkModule
from DICOMModule.Host.dialect.qt_dialect import create_module
from DICOMModule.Host.modules import ModuleNames


def install_modules() -> None:
    """Make `qt`, `ctk`, `vtkITK` and the like, and `slicer.i18n` and its siblings importable."""
    if "qt" not in sys.modules:
        sys.modules["qt"] = create_module()
    if "ctk" not in sys.modules:
        sys.modules["ctk"] = CtkModule("ctk", "CTK's names.")
    late_vtk.install()
    _alias_libraries()
    folder = str(Path(__file__).parent.parent / "slicer_packages")
    if folder not in slicer.__path__:
        slicer.__path__.append(folder)
    top_level = str(Path(__file__).parent.parent / "top_level")
    if top_level not in sys.path:  # at the end: an installed module of that name comes first
        sys.path.append(top_level)
    for name, value in (("modules", ModuleNames()), ("selfTests", {})):
        if not hasattr(slicer, name):
            setattr(slicer, name, value)
    _offer_to_old_scripts()


def _alias_libraries() -> None:
    """Slicer's scripts import its libraries by name, with or without "Python" behind it."""
    for info in pkgutil.iter_modules(slicer_core.__path__):
        if info.name.startswith(
            "lib"
        ):  # shared libraries of the same folder, which pkgutil takes for modules
            continue
        try:
            library = importlib.import_module(f"slicer_core.{info.name}")
        except ImportError:
            continue
        base = info.name.removesuffix("Python")
        for name in (info.name, base, f"{base}Python"):
            sys.modules.setdefault(name, library)


def _offer_to_old_scripts() -> None:
    """Older plugins write `from __main__ import vtk, qt, ctk, slicer`."""
    for name, module in (
        ("vtk", sys.modules["vtk"]),
        ("qt", sys.modules["qt"]),
        ("ctk", sys.modules["ctk"]),
        ("slicer", slicer),
    ):
        if not hasattr(__main__, name):
            setattr(__main__, name, module)


def names_of_scripts() -> dict[str, Any]:
    """What Slicer's interpreter knows when a script begins: its modules, and all names of `slicer.util`."""
    modules = {name: sys.modules[name] for name in ("slicer", "qt", "ctk", "vtk") if name in sys.modules}
    return {**{name: getattr(slicer.util, name) for name in slicer.util.__all__}, **modules}


def install_application(application: Any, world: Any) -> None:
    """Fill `slicer` with the application, its scene and the classes that Slicer's application brings."""
    from DICOMLib.plugins.exportable import qSlicerDICOMExportable, vtkSlicerDICOMExportable
    from DICOMLib.plugins.loadable import qSlicerDICOMLoadable, vtkSlicerDICOMLoadable
    from DICOMModule.Host.dialect import (
        command_line_modules,
        missing_names,
        mrml_widgets,
        multi_volume,
        slicer_classes,
    )
    from DICOMModule.Host.modules import ScriptedModule
    from DICOMModule.Host.window.module_panel import ModulePanelWidget

    slicer.app = application
    slicer.mrmlScene = world.scene
    multi_volume.install(world.scene)
    names = {
        "vtkMRMLMultiVolumeNode": multi_volume.vtkMRMLMultiVolumeNode,
        "qSlicerScriptedLoadableModule": ScriptedModule,
        "qSlicerScriptedLoadableModuleWidget": ModulePanelWidget,
        "qSlicerDICOMExportable": qSlicerDICOMExportable,
        "qSlicerDICOMLoadable": qSlicerDICOMLoadable,
        "vtkSlicerDICOMLoadable": vtkSlicerDICOMLoadable,
        "vtkSlicerDICOMExportable": vtkSlicerDICOMExportable,
        **{name: getattr(file, name) for file in (slicer_classes, mrml_widgets) for name in file.__all__},
    }
    for name, value in names.items():
        if not hasattr(slicer, name):
            setattr(slicer, name, value)
    missing_names.install()
    late_requests.install()
    for name in ("i18n", "cli", "ScriptedLoadableModule"):
        importlib.import_module(f"slicer.{name}")
    command_line_modules.install()


def uninstall_application() -> None:
    """Take away what `install_application` set, so that nothing outlives the scene."""
    from DICOMModule.Host.dialect import multi_volume

    multi_volume.uninstall(slicer.mrmlScene)
    for name in ("app", "mrmlScene", "dicomDatabase"):
        if hasattr(slicer, name):
            delattr(slicer, name)
    vars(slicer.modules).clear()
    slicer.selfTests.clear()
