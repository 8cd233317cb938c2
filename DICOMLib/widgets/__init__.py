"""Qt widgets of the DICOM module, in plain qtpy."""
