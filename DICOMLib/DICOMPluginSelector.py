"""Slicer's list of plugins to choose from."""

from DICOMLib.widgets.loading.plugin_selector import DICOMPluginSelector
