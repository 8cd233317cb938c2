"""Slicer's browser of the DICOM module."""

from DICOMLib.widgets.loadables_table import DICOMLoadableTable
from DICOMLib.widgets.references_dialog import DICOMReferencesDialog
from DICOMLib.widgets.slicer_browser import SlicerDICOMBrowser
