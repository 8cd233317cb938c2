"""Repair of DICOM files that break the Standard: rules, and the job that applies them to a folder."""

from DICOMLib.patching.engine import PatchReport, patch_folder
from DICOMLib.patching.files import NormalizeFileNames, RemoveDICOMDIR
from DICOMLib.patching.identity import (
    Anonymize,
    ForceSamePatientNameIdInEachDirectory,
    ForceSameSeriesInstanceUidInEachDirectory,
    GenerateMissingIDs,
    SplitUltrasoundSeriesByInstanceNumber,
)
from DICOMLib.patching.images import (
    AddMissingSliceSpacingToMultiframe,
    FixCompressedUltrasoundPhotometricInterpretation,
    FixExposureFiasco,
    FixPrivateMediaStorageSOPClassUID,
)
from DICOMLib.patching.rule import DICOMPatcherRule
from DICOMLib.patching.text import UseCharacterSet

# The order in which the rules are offered, and in which they are best applied.
RULES: tuple[type[DICOMPatcherRule], ...] = (
    FixExposureFiasco,
    SplitUltrasoundSeriesByInstanceNumber,
    FixCompressedUltrasoundPhotometricInterpretation,
    ForceSamePatientNameIdInEachDirectory,
    ForceSameSeriesInstanceUidInEachDirectory,
    GenerateMissingIDs,
    RemoveDICOMDIR,
    FixPrivateMediaStorageSOPClassUID,
    AddMissingSliceSpacingToMultiframe,
    UseCharacterSet,
    Anonymize,
    NormalizeFileNames,
)

__all__ = [
    "RULES",
    "AddMissingSliceSpacingToMultiframe",
    "Anonymize",
    "DICOMPatcherRule",
    "FixCompressedUltrasoundPhotometricInterpretation",
    "FixExposureFiasco",
    "FixPrivateMediaStorageSOPClassUID",
    "ForceSamePatientNameIdInEachDirectory",
    "ForceSameSeriesInstanceUidInEachDirectory",
    "GenerateMissingIDs",
    "NormalizeFileNames",
    "PatchReport",
    "RemoveDICOMDIR",
    "SplitUltrasoundSeriesByInstanceNumber",
    "UseCharacterSet",
    "patch_folder",
]
