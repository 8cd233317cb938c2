"""Slicer's file of the export of volumes."""

from __future__ import annotations

from DICOMLib.plugins.export_scalar_volume import DICOMExportScalarVolume
