"""What the command tells by its exit code."""

from __future__ import annotations

from DICOMLib.core.errors import DICOMError

DONE, FAILED, MISUSE, INTERRUPTED = 0, 1, 2, 130

IN_WORDS = (
    "Exit codes: 0 done; 1 something failed, or what was named is not there; "
    "2 the command line is wrong, and nothing was done; 130 stopped by Ctrl-C."
)


class Misuse(DICOMError):
    """The command line is wrong, whatever there is on this computer or at a peer."""
