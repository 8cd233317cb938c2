"""What the DICOM Standard says, as pure functions: tags, UIDs, values, matching, geometry."""
