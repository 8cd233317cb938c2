"""Programs of DCMTK for scripts: found, run, stopped; and the TLS settings of Slicer's network classes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import slicer

from DICOMLib.compat.script_process import NOT_RUNNING, ProgramOutput, RunningProgram
from DICOMLib.network.tls import TLSOptions
from DICOMLib.plugins import preferences

_STOP_MS = 3000
_PLACES = (
    *(f"../DCMTK-build/bin/{kind}" for kind in ("Debug", "Release", "RelWithDebInfo", "MinSizeRel")),
    "../DCMTK-build/bin",
    "../CTK-build/CMakeExternals/Install/bin",
    "bin",
)


class DICOMProcess:
    """A program that runs beside the application.

    Attributes
    ----------
    exeDir, exeExtension
        Folder of DCMTK's programs, and ".exe" on Windows.
    process
        The program that was started last; None before, and once it was stopped.
    connections
        What is told of it: method by the signature of the signal.
    stdout, stderr
        What it had printed when it ended.
    """

    def __init__(self) -> None:
        self.process: RunningProgram | None = None
        self.connections: dict[str, Callable[[int], object]] = {}
        self.stdout, self.stderr = ProgramOutput(), ProgramOutput()
        self.exeExtension = ".exe" if os.name == "nt" else ""
        self.exeDir = self.getDCMTKToolsPath()

    @classmethod
    def getDCMTKToolsPath(cls, additionalPaths: Sequence[str] = ()) -> str:
        """Folder of DCMTK's programs: that of Slicer, else one of the search path.

        Raises
        ------
        UserWarning
            If there is none.
        """
        home = getattr(getattr(slicer, "app", None), "slicerHome", "")
        places = [*additionalPaths, *(f"{home}/{place}" for place in _PLACES if home)]
        extension = ".exe" if os.name == "nt" else ""
        for place in places:
            if Path(place, f"dcmdump{extension}").is_file():
                return str(place)
        found = shutil.which("dcmdump")
        if found is None:
            raise UserWarning("The programs of DCMTK are not installed.")
        return str(Path(found).parent)

    def start(self, cmd: str, args: Sequence[Any]) -> RunningProgram:
        """Start a program; one that runs already is stopped first.

        Raises
        ------
        OSError
            If it cannot be started.
        """
        self.stop()
        self.process = RunningProgram([cmd, *map(str, args)])
        self.connections = {"stateChanged(QProcess::ProcessState)": self.onStateChanged}
        for signature, method in self.connections.items():
            self.process.connect(signature, method)
        self.process.watch()
        return self.process

    def stop(self) -> None:
        """Stop the program, if it runs; it is given three seconds to be gone."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.waitForFinished(_STOP_MS)

    def onStateChanged(self, newState: int) -> tuple[ProgramOutput, ProgramOutput]:
        """Keep what the program has printed, and give it, once it has ended (newState is 0)."""
        if newState == NOT_RUNNING and self.process is not None:
            self.stdout = self.process.readAllStandardOutput()
            self.stderr = self.process.readAllStandardError()
        return self.stdout, self.stderr


class DICOMProcessTLSMixin:
    """Certificates in the settings, under keys that begin with `tlsSettingsKeyPrefix`."""

    _prefix: str | None = None

    @property
    def tlsSettingsKeyPrefix(self) -> str | None:
        """Beginning of the keys, such as "Storage"; None for no TLS."""
        return self._prefix

    @tlsSettingsKeyPrefix.setter
    def tlsSettingsKeyPrefix(self, prefix: str) -> None:
        if not isinstance(prefix, str):
            raise TypeError("tlsSettingsKeyPrefix must be a str.")
        self._prefix = prefix

    def _setting(self, name: str) -> str | None:
        return preferences.text(f"DICOM/{self._prefix}{name}") or None if self._prefix else None

    @property
    def tlsPrivateKey(self) -> str | None:
        """File of the private key; None if there is none."""
        return self._setting("TLSPrivateKey")

    @property
    def tlsCertFile(self) -> str | None:
        """File of the certificate; None if there is none."""
        return self._setting("TLSCertFile")

    @property
    def tlsEnabled(self) -> bool:
        """Whether there are both."""
        return self.tlsPrivateKey is not None and self.tlsCertFile is not None

    @property
    def caCertFiles(self) -> list[str]:
        """Files with the certificates of those who are trusted."""
        count = preferences.number("DICOM/CACertFiles/size")
        return [preferences.text(f"DICOM/CACertFiles/{place}/path") for place in range(1, count + 1)]

    def tlsArguments(self) -> list[str]:
        """The same as arguments for programs of DCMTK."""
        arguments = ["+tls", str(self.tlsPrivateKey), str(self.tlsCertFile)] if self.tlsEnabled else []
        for path in self.caCertFiles:
            arguments += ["--add-cert-file", path]
        return arguments

    def tlsOptions(self) -> TLSOptions | None:
        """The same for our own network; None where there is no TLS."""
        if not self.tlsEnabled:
            return None
        files = self.caCertFiles
        return TLSOptions(
            os.pathsep.join(files),
            str(self.tlsCertFile),
            str(self.tlsPrivateKey),
            verify=bool(files),
            check_hostname=False,
        )


class DICOMCommand(DICOMProcess, DICOMProcessTLSMixin):
    """A program of DCMTK that is run to its end.

    Parameters
    ----------
    cmd
        Its name, such as "dcmdump".
    args
        Its arguments.
    """

    def __init__(self, cmd: str, args: Sequence[Any]) -> None:
        super().__init__()
        self.executable = f"{self.exeDir}/{cmd}{self.exeExtension}"
        self.args = list(args)

    def start(self, cmd: str = "", args: Sequence[Any] = ()) -> ProgramOutput:  # type: ignore[override]
        """Run it; what it prints.

        Raises
        ------
        UserWarning
            If it is not there, or fails.
        """
        arguments = [*self.tlsArguments(), *map(str, self.args)] if self.tlsSettingsKeyPrefix else self.args
        try:
            result = subprocess.run(
                [self.executable, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise UserWarning(
                f"Could not run {self.executable} with {arguments}: {error.strerror}"
            ) from error
        if result.returncode:
            print(result.stderr.decode(errors="replace"), file=sys.stderr)  # noqa: T201  as Slicer does
            raise UserWarning(f"Could not run {self.executable} with {arguments}")
        return ProgramOutput(result.stdout)
