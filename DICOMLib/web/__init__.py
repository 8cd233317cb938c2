"""DICOMweb origin server over the database."""
