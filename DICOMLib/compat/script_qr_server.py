"""A query/retrieve server of DCMTK for tests of scripts."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PORT, STORE_PORT = 11112, 11113  # as in Slicer
_START_S = 0.5


class DICOMTestingQRServer:
    """`dcmqrscp` with AE title CTK_AE; it sends to CTKSTORE at port 11113.

    Parameters
    ----------
    exeDir
        Folder of a build of DCMTK; where it has none, the program of the search path is taken.
    tmpDir
        Folder for its files.
    port
        TCP port at which it listens; 0 for one that is free when it starts, which `port` is from then on.
    """

    def __init__(self, exeDir: str = ".", tmpDir: str = "./DICOM", *, port: int = PORT) -> None:
        self.qrProcess: subprocess.Popen[bytes] | None = None
        self.tmpDir = tmpDir
        self.exeDir = exeDir
        self.port = port

    def __del__(self) -> None:
        if self.qrRunning():
            self.stop()

    def qrRunning(self) -> bool:
        """Whether it runs."""
        return self.qrProcess is not None

    def start(self, verbose: bool = False, initialFiles: Sequence[str] | None = None) -> None:
        """Start it, with some files."""
        if self.qrRunning():
            self.stop()
        Path(self.tmpDir).mkdir(parents=True, exist_ok=True)
        self.dcmqrscpSettings = str(Path(self.tmpDir, "dcmqrscp.cfg"))
        self.port = self.port or _free_port()
        Path(self.dcmqrscpSettings).write_text(_configuration(self.tmpDir, self.port), encoding="utf-8")
        options = ["-v"] if verbose else []
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by `stop`
        self.qrProcess = subprocess.Popen(
            [self._program("dcmqrdb", "dcmqrscp"), *options, "-c", self.dcmqrscpSettings],
            stdout=self._log,
            stderr=self._log,
        )
        time.sleep(_START_S)
        if initialFiles:
            store = self._program("dcmnet", "storescu")
            command = [store, "-aec", "CTK_AE", "-aet", "CTK_AE", "localhost", str(self.port), *initialFiles]
            subprocess.run(command, check=True)

    def stop(self) -> None:
        """Stop it.

        Raises
        ------
        UserWarning
            If it does not run.
        """
        if self.qrProcess is None:
            raise UserWarning("The server does not run.")
        self.qrProcess.kill()
        self.qrProcess.communicate()
        self.qrProcess = None
        self._log.close()

    def _program(self, module: str, name: str) -> str:
        built = Path(self.exeDir, module, "apps", name)
        found = str(built) if built.is_file() else shutil.which(name)
        if found is None:
            raise UserWarning(f"The program {name} of DCMTK is not installed.")
        return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nobody listens at a TCP port of this computer."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _configuration(folder: str, port: int) -> str:
    return (
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        f"HostTable BEGIN\nctk = (CTKSTORE, localhost, {STORE_PORT})\nHostTable END\n"
        "VendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nCTK_AE {folder} RW (200, 1024mb) ANY\nAETable END\n"
    )
