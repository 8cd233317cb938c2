"""The DICOMweb origin server: QIDO-RS, WADO-RS, WADO-URI and STOW-RS over a database (PS3.18)."""
