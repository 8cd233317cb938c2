"""Rules that repair image attributes."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    JPEGBaseline8Bit,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)
from pydicom.valuerep import format_number_as_ds

from DICOMLib.patching.rule import DICOMPatcherRule

ULTRASOUND_CLASSES = (UltrasoundMultiFrameImageStorage, UltrasoundImageStorage)

# Written by DCMTK's tools where the true class was not known; no reader accepts it.
PRIVATE_MEDIA_STORAGE = "1.2.276.0.7230010.3.1.0.1"


class FixExposureFiasco(DICOMPatcherRule):
    """Move a fractional X-Ray Tube Current (0018,1151), an integer string, to X-Ray Tube Current in uA."""

    label = "Fix invalid exposure tags"

    def processDataSet(self, ds: Dataset) -> None:
        """Replace the attribute only where its text has a decimal point."""
        if "XRayTubeCurrent" not in ds:
            return
        raw = ds.get_item("XRayTubeCurrent").value
        text = raw.decode("ascii", "replace") if isinstance(raw, bytes) else str(raw)
        if "." not in text:
            return
        del ds.XRayTubeCurrent
        ds.add_new(0x00188151, "DS", format_number_as_ds(float(text) * 1000))
        self.addLog("moved a fractional X-Ray Tube Current to X-Ray Tube Current in uA")


class FixCompressedUltrasoundPhotometricInterpretation(DICOMPatcherRule):
    """JPEG baseline ultrasound that says RGB but is stored as YCbCr (PS3.3 C.7.6.3.1.2)."""

    label = "Fix compressed ultrasound photometric interpretation"

    def processDataSet(self, ds: Dataset) -> None:
        """Correct Photometric Interpretation (0028,0004) to YBR_FULL_422."""
        if ds.get("SOPClassUID") not in ULTRASOUND_CLASSES:
            return
        if ds.file_meta.get("TransferSyntaxUID") != JPEGBaseline8Bit:
            return
        if ds.get("PhotometricInterpretation") == "RGB":
            ds.PhotometricInterpretation = "YBR_FULL_422"
            self.addLog("changed the photometric interpretation from RGB to YBR_FULL_422")


class FixPrivateMediaStorageSOPClassUID(DICOMPatcherRule):
    """Files whose SOP Class is missing or DCMTK's private placeholder become CT images."""

    label = "Fix private media storage SOP class"
    always_applied = True

    def processDataSet(self, ds: Dataset) -> None:
        """Set the SOP Class UID in the file meta information, and in the dataset where it is private."""
        if ds.file_meta.get("MediaStorageSOPClassUID", "") in ("", PRIVATE_MEDIA_STORAGE):
            ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
            self.addLog("set the media storage SOP class to CT Image Storage")
        if ds.get("SOPClassUID") == PRIVATE_MEDIA_STORAGE:
            ds.SOPClassUID = CTImageStorage


class AddMissingSliceSpacingToMultiframe(DICOMPatcherRule):
    """Give multi-frame images without functional groups a plane position for each frame."""

    label = "Generate slice position for multi-frame volumes"

    def processDataSet(self, ds: Dataset) -> None:
        """Add the shared and the per-frame functional groups (PS3.3 C.7.6.16) that are missing."""
        frames = int(ds.get("NumberOfFrames") or 1)
        if frames < 2:
            return
        if ds.get("SOPClassUID") == CTImageStorage:
            ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
        orientation = [float(v) for v in ds.get("ImageOrientationPatient") or (1, 0, 0, 0, 1, 0)]
        thickness = float(ds.get("SliceThickness") or 1.0)
        if "SharedFunctionalGroupsSequence" not in ds:
            ds.SharedFunctionalGroupsSequence = Sequence([_shared_groups(ds, orientation, thickness)])
            self.addLog("added shared functional groups")
        if "PerFrameFunctionalGroupsSequence" not in ds:
            start = np.array([float(v) for v in ds.get("ImagePositionPatient") or (0, 0, 0)])
            step = thickness * np.cross(orientation[:3], orientation[3:])
            groups = [_frame_groups(start + index * step) for index in range(frames)]
            ds.PerFrameFunctionalGroupsSequence = Sequence(groups)
            self.addLog(f"added positions of {frames} frames")


def _shared_groups(ds: Dataset, orientation: list[float], thickness: float) -> Dataset:
    plane, measures, shared = Dataset(), Dataset(), Dataset()
    plane.ImageOrientationPatient = orientation
    measures.SliceThickness = thickness
    measures.PixelSpacing = [float(v) for v in ds.get("PixelSpacing") or (1, 1)]
    shared.PlaneOrientationSequence = Sequence([plane])
    shared.PixelMeasuresSequence = Sequence([measures])
    return shared


def _frame_groups(position: np.ndarray) -> Dataset:
    plane, groups = Dataset(), Dataset()
    plane.ImagePositionPatient = [round(float(v), 6) for v in position]
    groups.PlanePositionSequence = Sequence([plane])
    return groups
