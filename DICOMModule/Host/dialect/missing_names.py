"""What `slicer.<name>` answers for names that are not set: late modules, or what there is instead."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from typing import Any

import slicer

log = logging.getLogger(__name__)

# Classes that few scripts use, and where they are.
LATE = {
    "qSlicerDICOMExportDialog": "DICOMLib.widgets.files.export_dialog",
    "qSlicerDICOMTagEditorWidget": "DICOMLib.widgets.files.tag_editor",
}

# Beginning of a name, and what is told of it.
HINTS = (
    (
        ("qMRML", "qSlicer"),
        "It is a Qt class of Slicer's C++ program. Of these there are here: {names}; panels can be built "
        "with Qt's own widgets, from qt.",
    ),
    (
        ("vtkMRML", "vtkSlicer"),
        "It is not among the classes of the package slicer-core; nodes and logics of Slicer's extensions are "
        "not in it.",
    ),
)


# Top-level modules that Slicer brings and this host does not, and what works instead.
NOT_HERE = {
    "ScreenCapture": "take pictures of views with ctk.ctkWidgetsUtils.grabWidget(view)",
}


# Modules of Slicer's extensions that plugins of others ask for, and what does their work here.
_DCMQI = "install the Python package dcmqi, whose programs are then found"
MODULES_INSTEAD = {
    **dict.fromkeys(
        ("segimage2itkimage", "itkimage2segimage", "tid1500reader", "tid1500writer", "paramap2itkimage",
         "itkimage2paramap"), _DCMQI,
    ),
    "dicomrtimportexport": "load and write radiotherapy objects by the plugin DicomRtImportExportPlugin",
    "dicomsroimportexport": "load and write registrations by the plugin DicomSroImportExportPlugin",
    "suvfactorcalculator": "take the factor to SUV from the attributes of loaded PET volumes",
    "petstandarduptakevaluecomputation": "take the factor to SUV from the attributes of loaded PET volumes",
    "dwiconvert": "load diffusion series by the plugin DICOMDiffusionSequencePlugin",
    "dcm2niixgui": "run the program of the Python package dcm2niix by slicer.util.launchConsoleProcess",
    "multivolumeimporter": "load series of several time points by the plugin DICOMVolumeSequencePlugin",
    "multivolumeexplorer": "play sequences with the sequence bar (slicer.modules.sequences)",
    "sampledata": "import SampleData, whose downloadFromURL fetches and loads files of any address",
    "dataprobe": "find its panel by slicer.util.findChildren(name='DataProbeCollapsibleWidget')",
    "brainsfit": "register images with the Python packages SimpleITK or itk-elastix",
    "cropvolume": "use slicer.vtkSlicerCropVolumeLogic, which slicer-core has",
    "segmenteditor": "change segments with slicer.util.updateSegmentBinaryLabelmapFromArray",
    "reader": "load a volume by a reader of ITK (a setting of the module DICOM), which is left there",
    "segmentstatistics": "measure segments with slicer.util.arrayFromSegmentBinaryLabelmap and numpy",
}  # fmt: skip

# Classes of extensions, and what their data become, or what does their work, here.
CLASSES_INSTEAD = {
    "vtkMRMLRTPlanNode": "A radiotherapy plan is loaded as a table, a point list and models.",
    "vtkMRMLRTBeamNode": "A beam is loaded as a model and a row of the table of its plan.",
    "vtkMRMLMultiVolumeDisplayNode": "Series of several volumes are sequences, shown by the browser node.",
    "vtkPlmpyDicomSroExport": "Registrations are written by the plugin DicomSroImportExportPlugin.",
    "vtkMRMLFiberBundleNode": "Fibres can be held by a vtkMRMLModelNode.",
    "vtkMRMLDoseComparisonNode": "Doses are volumes; compare them with numpy.",
    "vtkMRMLRegistrationQANode": "Registrations are transform nodes.",
}

# Names that are set only at times, and what is to be known of them.
NOT_ALWAYS_HERE = {
    "dicomListener": "It is there while the listener runs: slicer.modules.DICOMInstance.startListener().",
    "dicomFilePath": "It is the file that the listener took last, once it has taken one.",
    "ds": "A rule of the patcher gets its dataset in processDataSet; none is kept.",
}

# Names of Slicer's application, and what is like them here.
APPLICATION_INSTEAD = {
    "tempPath": "The folder for temporary files is slicer.app.temporaryPath.",
    "tempDirectory": "slicer.util.tempDirectory() makes a folder for temporary files.",
    "pythonManager": "The console is slicer.app.pythonConsole(); scripts run Python text with exec.",
    "corePythonManager": "The console is slicer.app.pythonConsole(); scripts run Python text with exec.",
    "coreCommandOptions": "What was asked for on the command line is in slicer.app.commandOptions().",
    "errorLogModel": "What is reported is in Python's logging; attach a handler to logging.getLogger().",
    "currentLogFile": "What is reported is in Python's logging; attach a handler to logging.getLogger().",
    "restart": "Leave with slicer.app.exit() and start the program again.",
}


def application_instead(name: str) -> str:
    """What there is instead of a name that `slicer.app` does not have."""
    general = "slicer.app offers what DICOM scripts use; Qt's own functions are in qt.QApplication."
    return APPLICATION_INSTEAD.get(name, general)


def module_instead(name: str) -> str:
    """What does the work of a module that is not here, as the end of a sentence; "" if nothing is known."""
    return f", or {MODULES_INSTEAD[name]}" if name in MODULES_INSTEAD else ""


class _Adviser:
    """The last one that Python asks for a module: tells what there is instead of one of Slicer's."""

    @staticmethod
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> None:
        """None for any other module, which leads to Python's own message."""
        if name in NOT_HERE:
            raise ModuleNotFoundError(
                f"The module {name} of Slicer is not available in this host; {NOT_HERE[name]}.", name=name
            )


def install() -> None:
    """Let `slicer` look up what it does not have; Slicer itself has all of it."""
    if not any(isinstance(finder, _Adviser) for finder in sys.meta_path):
        sys.meta_path.append(_Adviser())
    if "__getattr__" not in vars(slicer):
        slicer.__getattr__ = look_up


def look_up(name: str) -> Any:
    """A sub-module that has not been imported yet.

    Raises
    ------
    AttributeError
        For any other name, with what there is instead.
    """
    if name in LATE:
        return getattr(importlib.import_module(LATE[name]), name)
    if not name.startswith("_") and importlib.util.find_spec(f"slicer.{name}") is not None:
        return importlib.import_module(f"slicer.{name}")
    if name in NOT_ALWAYS_HERE:
        raise AttributeError(f"slicer.{name} is not available now. {NOT_ALWAYS_HERE[name]}")
    if text := _about_class(name):
        raise AttributeError(f"slicer.{name} is not available in this host. {text}")
    raise AttributeError(f"module 'slicer' has no attribute {name!r}")


def tell_of_class(name: str) -> None:
    """Log that the scene can make no node of a class, and what there is instead."""
    text = _about_class(name) or "It is no class of nodes: their names begin with vtkMRML."
    log.warning("No node of the class %s can be made in this host: the result is None. %s", name, text)


def _about_class(name: str) -> str:
    """What there is instead of a class; "" if nothing is known."""
    if name in CLASSES_INSTEAD:
        return CLASSES_INSTEAD[name]
    for beginnings, hint in HINTS:
        if name.startswith(beginnings):
            return hint.format(
                names=", ".join(sorted(one for one in vars(slicer) if one.startswith(beginnings)))
            )
    return ""
