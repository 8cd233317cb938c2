"""DICOM Patcher: write copies of DICOM files in which what breaks the Standard is repaired."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import Progress, run

if TYPE_CHECKING:
    from DICOMLib.patching import (
        AddMissingSliceSpacingToMultiframe,
        Anonymize,
        DICOMPatcherRule,
        FixCompressedUltrasoundPhotometricInterpretation,
        FixExposureFiasco,
        FixPrivateMediaStorageSOPClassUID,
        ForceSamePatientNameIdInEachDirectory,
        ForceSameSeriesInstanceUidInEachDirectory,
        GenerateMissingIDs,
        NormalizeFileNames,
        PatchReport,
        RemoveDICOMDIR,
        SplitUltrasoundSeriesByInstanceNumber,
        UseCharacterSet,
    )

__all__ = [
    "AddMissingSliceSpacingToMultiframe",
    "Anonymize",
    "DICOMPatcher",
    "DICOMPatcherLogic",
    "DICOMPatcherRule",
    "DICOMPatcherTest",
    "DICOMPatcherWidget",
    "FixCompressedUltrasoundPhotometricInterpretation",
    "FixExposureFiasco",
    "FixPrivateMediaStorageSOPClassUID",
    "ForceSamePatientNameIdInEachDirectory",
    "ForceSameSeriesInstanceUidInEachDirectory",
    "GenerateMissingIDs",
    "NormalizeFileNames",
    "RemoveDICOMDIR",
    "SplitUltrasoundSeriesByInstanceNumber",
    "UseCharacterSet",
]

log = logging.getLogger(__name__)


def __getattr__(name: str) -> Any:
    # The rules, bound when first asked for: they need pydicom, which the start of a window does without.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_patching(), name)


def _patching() -> Any:
    return importlib.import_module("DICOMLib.patching")


class DICOMPatcher(ScriptedLoadableModule):
    """The module."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("DICOM Patcher")
        parent.categories = [
            translate("qSlicerAbstractCoreModule", "Utilities"),
            translate("qSlicerAbstractCoreModule", "Informatics.DICOM"),
        ]
        parent.dependencies = ["DICOM"]
        parent.contributors = ["The slicer-dicom contributors"]
        parent.helpText = _(
            "Write copies of DICOM files in which what breaks the Standard is repaired. "
            "The files themselves stay as they are."
        )


class DICOMPatcherWidget(ScriptedLoadableModuleWidget):
    """The panel: folders, rules, and a log of what was done."""

    def setup(self) -> None:
        """Build the panel."""
        from DICOMModule.dicom_patcher_panel import PatcherPanel

        ScriptedLoadableModuleWidget.setup(self)
        self.logic = DICOMPatcherLogic()
        self.panel = PatcherPanel(self.logic, self.layout)

    def cleanup(self) -> None:
        """Stop what is going on."""
        self.panel.stop()


class DICOMPatcherLogic(ScriptedLoadableModuleLogic):
    """The functions behind the panel.

    Attributes
    ----------
    patchingRules
        Applied to each file in this order.
    logCallback
        Called with each line that tells what is being done.
    """

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleLogic.__init__(self, parent)
        self.logCallback: Callable[[str], None] | None = None
        self.patchingRules: list[DICOMPatcherRule] = []

    def clearRules(self) -> None:
        """Have no rules."""
        self.patchingRules = []

    def addRule(self, ruleName: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Apply one more rule, after those that were added before.

        Parameters
        ----------
        ruleName
            Name of a class of the module `DICOMPatcher`; a script may put a rule of its own there.
        parameters
            Options of the rule, such as ``{"CharacterSet": "cp1251"}``.

        Raises
        ------
        AttributeError
            If there is no such rule.
        """
        rule = getattr(sys.modules["DICOMPatcher"], ruleName, None)
        if rule is None:
            known = ", ".join(one.__name__ for one in _patching().RULES)
            raise AttributeError(f"There is no patching rule named {ruleName}. There are: {known}.")
        self.patchingRules.append(rule(parameters))

    def addLog(self, text: str) -> None:
        """Tell what is being done. Paths may name patients, so only the debug log gets them."""
        log.debug("%s", text)
        if self.logCallback is not None:
            self.logCallback(text)

    def patchJob(self, inputDirPath: str, outputDirPath: str) -> Generator[Progress, None, PatchReport]:
        """The job that writes patched copies; see `DICOMLib.patching.patch_folder`."""
        return _patching().patch_folder(inputDirPath, outputDirPath, self.patchingRules, self.addLog)

    def patchDicomDir(self, inputDirPath: str, outputDirPath: str) -> PatchReport:
        """Write a patched copy of each DICOM file of a folder and its sub-folders, and wait for the end.

        Returns
        -------
        PatchReport
            Which files were written, which were left out, and which failed.

        Raises
        ------
        ValueError
            If the input is no folder, or the output lies in it.
        RuntimeError
            If a rule lacks a parameter.
        """
        report = run(self.patchJob(inputDirPath, outputDirPath))
        log.info("patching: %d files written, %d failed", len(report.written), len(report.failed))
        return report

    def importDicomDir(self, outputDirPath: str) -> None:
        """Import the patched files into the DICOM database and show the browser; links, no copies."""
        if slicer.util.mainWindow() is None:
            DICOMUtils.importDicom(outputDirPath)
            return
        slicer.util.selectModule("DICOM")
        browser = slicer.modules.dicom.widgetRepresentation().self().browserWidget.dicomBrowser
        browser.importDirectory(outputDirPath)


class DICOMPatcherTest(ScriptedLoadableModuleTest):
    """Breaks files, has all rules applied, and reads the copies."""

    def runTest(self, **_options: Any) -> None:
        """Run all tests."""
        self.setUp()
        self.test_patchDirectory()

    def test_patchDirectory(self) -> None:
        """Missing identifiers are made up, names are short, a text file is left out."""
        import pydicom

        from DICOMLib.standard.phantom import write_head_phantom

        self.delayDisplay("Patching files without identifiers")
        with TemporaryDirectory(prefix="dicom-patcher-test-", ignore_cleanup_errors=True) as folder:
            source, target = Path(folder, "in"), Path(folder, "out")
            for path in write_head_phantom(source)[:3]:
                dataset = pydicom.dcmread(path)
                del dataset.PatientID, dataset.SeriesInstanceUID
                dataset.save_as(path)
            (source / "notes.txt").write_text("no DICOM file")
            logic = DICOMPatcherLogic()
            for rule in _patching().RULES:
                logic.addRule(rule.__name__, {"CharacterSet": "ISO_IR 100"})
            report = logic.patchDicomDir(str(source), str(target))
            assert (len(report.skipped), report.failed) == (1, [])
            patched = [pydicom.dcmread(path, stop_before_pixels=True) for path in report.written]
            assert all(dataset.PatientID and dataset.SeriesInstanceUID for dataset in patched)
            assert (target / "pa000" / "st000" / "se000" / "ct000.dcm").is_file()
        self.delayDisplay("Test passed")
