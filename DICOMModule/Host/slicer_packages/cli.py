"""`slicer.cli`: command line modules, run in this process by functions that stand for them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import slicer

log = logging.getLogger(__name__)

Runner = Callable[[Mapping[str, Any]], None]


class CommandLineModule:
    """A command line module as `slicer.modules.<name>`.

    Parameters
    ----------
    name
        As scripts know it, such as "CreateDICOMSeries".
    run
        Does the work with the parameters by name, and raises where it fails.
    groups
        Labels of its groups of parameters, which some scripts look for.
    """

    def __init__(self, name: str, run: Runner, groups: tuple[str, ...] = ()) -> None:
        self.name = self.title = name
        self.path = ""
        self.run = run
        self.groups = groups

    def cliModuleLogic(self) -> CommandLineModule:
        """Makes its nodes."""
        return self

    logic = cliModuleLogic

    def CreateNode(self) -> Any:
        """A node that holds parameters and status, and tells the groups of parameters."""
        node = _CommandLineModuleNode()
        node.groups = self.groups
        return node


class _CommandLineModuleNode(slicer.vtkMRMLCommandLineModuleNode):
    """Slicer's node, whose description of the module cannot be set from Python."""

    groups: tuple[str, ...] = ()

    def GetNumberOfParameterGroups(self) -> int:
        """How many groups of parameters the module has."""
        return len(self.groups)

    def GetParameterGroupLabel(self, group: int) -> str:
        """Label of a group; empty if there is none of that number."""
        return self.groups[group] if 0 <= group < len(self.groups) else ""


class CommandLineRun:
    """The result of a run: status and texts, with the names of vtkMRMLCommandLineModuleNode."""

    Idle, Scheduled, Running, Cancelled, Completed, CompletedWithErrors = 0, 1, 2, 8, 32, 96

    def __init__(self, module: Any, parameters: Mapping[str, Any] | None) -> None:
        self.module = module
        self.parameters = dict(parameters or {})
        self._status = self.Idle
        self._error = ""

    def start(self) -> None:
        """Run to the end."""
        try:
            self.module.run(self.parameters)
            self._status = self.Completed
        except Exception as error:  # the module is a plugin; its fault is told by the status
            log.exception("The command line module %s failed.", self.module.name)
            self._error = str(error)
            self._status = self.CompletedWithErrors

    def GetStatus(self) -> int:
        """Completed or CompletedWithErrors."""
        return self._status

    def GetStatusString(self) -> str:
        """The status in words."""
        return {self.Completed: "Completed", self.CompletedWithErrors: "Completed with errors"}.get(
            self._status, "Idle"
        )

    def GetErrorText(self) -> str:
        """What went wrong."""
        return self._error

    def GetOutputText(self) -> str:
        """Nothing: the work is done in this process."""
        return ""

    def GetParameterAsString(self, name: str) -> str:
        """A parameter as text."""
        return str(self.parameters.get(name, ""))

    def GetProgress(self) -> int:
        """0 to 100."""
        return 100 if self._status >= self.Completed else 0

    def IsBusy(self) -> bool:
        """False: it has run when it is given out."""
        return False

    def GetID(self) -> str:
        """Nothing: it is not in the scene."""
        return ""


def createNode(cliModule: Any, parameters: Mapping[str, Any] | None = None) -> CommandLineRun:
    """A run that has not been started."""
    if not hasattr(cliModule, "run"):
        raise RuntimeError(f"{cliModule!r} is no command line module that this host can run.")
    return CommandLineRun(cliModule, parameters)


def run(
    module: Any,
    node: Any = None,
    parameters: Mapping[str, Any] | None = None,
    wait_for_completion: bool = False,
    delete_temporary_files: bool = True,
    update_display: bool = True,
) -> CommandLineRun:
    """Run a module; it has ended when this returns, whether that was asked for or not."""
    result = createNode(module, parameters)
    result.start()
    return result


def runSync(
    module: Any,
    node: Any = None,
    parameters: Mapping[str, Any] | None = None,
    delete_temporary_files: bool = True,
    update_display: bool = True,
) -> CommandLineRun:
    """Run a module to its end."""
    return run(module, node, parameters, wait_for_completion=True)


def cancel(node: CommandLineRun) -> None:
    """Nothing: a run has ended when it is given out."""
