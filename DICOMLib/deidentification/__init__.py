"""De-identification by the profiles of PS3.15 Annex E, consistent over all objects of a patient."""

from DICOMLib.deidentification.identities import IdentityMap
from DICOMLib.deidentification.job import DeidentificationReport, deidentify
from DICOMLib.deidentification.output import check_output, folder_of_both
from DICOMLib.deidentification.profile import OPTIONS, Profile

__all__ = [
    "OPTIONS",
    "DeidentificationReport",
    "IdentityMap",
    "Profile",
    "check_output",
    "deidentify",
    "folder_of_both",
]
