"""DICOM to MRML nodes and back."""
