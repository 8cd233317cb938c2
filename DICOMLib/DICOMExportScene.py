"""Slicer's file of the export of scenes."""

from __future__ import annotations

from DICOMLib.plugins.exporters.scene import DICOMExportScene
