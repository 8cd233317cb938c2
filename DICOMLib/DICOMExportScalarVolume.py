"""Slicer's file of the export of volumes."""

from __future__ import annotations

from DICOMLib.plugins.scripting.scalar_volume_exporter import DICOMExportScalarVolume
