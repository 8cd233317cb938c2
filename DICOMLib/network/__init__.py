"""Peers: DIMSE and DICOMweb clients, and the storage listener."""
