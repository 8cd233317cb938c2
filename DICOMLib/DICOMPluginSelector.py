"""Slicer's list of plugins to choose from."""

from DICOMLib.widgets.plugin_selector import DICOMPluginSelector
