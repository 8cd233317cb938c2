"""Files by which nodes go to a program and come back from it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, Any

import slicer

from DICOMModule.Host.dialect.command_line_node import text_of

# Kind of a parameter, and the ending of its files.
_ENDINGS = {"image": ".nrrd", "geometry": ".vtk", "transform": ".h5", "table": ".csv"}


class ParameterFiles:
    """Files of one run, in a temporary folder that `close` removes.

    Attributes
    ----------
    output, errors
        Files for what the program says.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=slicer.app.temporaryPath)
        self.output: IO[bytes] = tempfile.TemporaryFile(dir=self._folder.name)  # noqa: SIM115
        self.errors: IO[bytes] = tempfile.TemporaryFile(dir=self._folder.name)  # noqa: SIM115
        self._results: list[tuple[Any, Path]] = []

    def close(self) -> None:
        """Remove the files."""
        self.output.close()
        self.errors.close()
        self._folder.cleanup()

    @staticmethod
    def text(file: IO[bytes]) -> str:
        """All that was written to a file."""
        file.seek(0)
        return file.read().decode("utf-8", "replace")

    def word(self, parameter: Any, value: Any) -> str:
        """What stands for a value on the command line; for a node, a file with it or for it.

        Raises
        ------
        ValueError
            If a node is named that is not in the scene, or cannot be written.
        """
        if parameter.kind not in _ENDINGS:
            return text_of(value)
        node = slicer.mrmlScene.GetNodeByID(value) if isinstance(value, str) else value
        if node is None:
            if Path(str(value)).is_absolute():
                return str(value)
            raise ValueError(f"Parameter {parameter.name}: there is no node {value} in the scene.")
        path = Path(self._folder.name) / f"{parameter.name}-{node.GetID()}{_ENDINGS[parameter.kind]}"
        if parameter.is_output:
            self._results.append((node, path))
        elif not _write(node, path):
            raise ValueError(f"Parameter {parameter.name}: {node.GetName()} cannot be written to a file.")
        return str(path)

    def load_results(self) -> None:
        """Read the files that the program made into their nodes.

        Raises
        ------
        RuntimeError
            If a file is missing or cannot be read.
        """
        for node, path in self._results:
            storage = _storage(node, path)
            if not path.is_file() or not storage.ReadData(node):
                raise RuntimeError(f"The program has made no {node.GetName()} that can be read.")
            if node.IsA("vtkMRMLDisplayableNode") and node.GetDisplayNode() is None:
                node.CreateDefaultDisplayNodes()


def _write(node: Any, path: Path) -> bool:
    return bool(_storage(node, path).WriteData(node))


def _storage(node: Any, path: Path) -> Any:
    """A storage node for one file that is not part of the scene, so that the node keeps its own."""
    storage = node.CreateDefaultStorageNode()
    storage.UnRegister(None)
    storage.SetFileName(str(path))
    return storage
