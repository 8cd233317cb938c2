"""What a user starts: the DICOM module and the host that runs it outside Slicer."""
