"""Nodes to DICOM objects: the export of each plugin of ours, in steps."""
