"""C-ECHO, or a question over DICOMweb, as Slicer's scripts know it."""

from __future__ import annotations

from DICOMLib.compat.network_face import Conversing
from DICOMLib.web.exchange import echo


class ctkDICOMEcho(Conversing):
    """Asks a server whether it is there. Unlike in CTK, the calling AE title is used."""

    PROPERTIES = (
        ("connectionName", ""),
        ("callingAETitle", ""),
        ("calledAETitle", ""),
        ("host", ""),
        ("port", 80),
        ("connectionTimeout", 3),
        ("jobUID", ""),
    )

    def echo(self) -> bool:
        """Whether the server answers; if not, `lastError` says why."""
        report = self._run(echo(self.target()))
        self.done(report is not None)
        return report is not None
