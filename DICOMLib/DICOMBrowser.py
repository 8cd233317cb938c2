"""Slicer's browser of the DICOM module."""

from DICOMLib.widgets.browsing.slicer_browser import SlicerDICOMBrowser
from DICOMLib.widgets.loading.loadables_table import DICOMLoadableTable
from DICOMLib.widgets.loading.references_dialog import DICOMReferencesDialog
