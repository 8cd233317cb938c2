"""`slicer.cli`: command line modules, as functions of this process or as programs of their own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import slicer
from qtpy import QtCore, QtWidgets

from DICOMModule.Host.dialect.command_line_node import CommandLineModuleNode

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
        Labels of its groups of parameters, which some scripts look for, and the names of the parameters.
    path
        File of its program; empty for a function of this process.
    """

    def __init__(
        self,
        name: str,
        run: Runner | None = None,
        groups: Mapping[str, tuple[str, ...]] | Iterable[str] = (),
        path: str = "",
    ) -> None:
        self.name = self.title = name
        self.path = path
        self.run = run
        self.groups = groups if isinstance(groups, Mapping) else dict.fromkeys(groups, ())

    def cliModuleLogic(self) -> CommandLineModule:
        """Makes its nodes."""
        return self

    logic = cliModuleLogic

    def CreateNode(self) -> Any:
        """A node that holds parameters and status, and tells the groups of parameters."""
        node = CommandLineModuleNode()
        node.module = self
        node.SetName(self.title)
        return node

    def CreateNodeInScene(self) -> Any:
        """Such a node, in the scene."""
        node = self.CreateNode()
        node.SetName(slicer.mrmlScene.GenerateUniqueName(self.title))
        slicer.mrmlScene.AddNode(node)
        return node

    def start(self, node: Any, wait: bool) -> None:
        """Run with the parameters of a node, and tell it how that goes.

        Where there are windows and nobody waits, it begins when control comes back to the event loop.
        """
        if wait or QtWidgets.QApplication.instance() is None:
            self._execute(node)
            return
        node.SetStatus(node.Scheduled)
        QtCore.QTimer.singleShot(0, lambda: self._execute(node) if node.IsBusy() else None)

    def _execute(self, node: Any) -> None:
        node.SetStatus(node.Running)
        try:
            assert self.run is not None
            self.run(dict(node.values))
        except Exception as error:  # the module is a plugin; its fault is told by the status
            log.exception("The command line module %s failed.", self.name)
            node.SetErrorText(str(error))
            node.SetStatus(node.CompletedWithErrors)
        else:
            node.SetStatus(node.Completed)

    def cancel(self, node: Any) -> None:
        """Do not begin; a function that runs cannot be left."""
        if node.GetStatus() == node.Scheduled:
            node.SetStatus(node.Cancelled)


def createNode(cliModule: Any, parameters: Mapping[str, Any] | None = None) -> Any:
    """A node of the scene for a run that has not been started.

    Raises
    ------
    RuntimeError
        If it is no command line module.
    """
    if not isinstance(cliModule, CommandLineModule):
        name = getattr(cliModule, "name", repr(cliModule))
        raise RuntimeError(  # noqa: TRY004  what Slicer raises
            f"{name} is no command line module that this host can run. There are "
            f"{', '.join(_known())}, and programs of the folders of --additional-module-paths that tell "
            "their parameters when asked with --xml."
        )
    node = cliModule.cliModuleLogic().CreateNodeInScene()
    if parameters:
        setNodeParameters(node, parameters)
    return node


def _known() -> list[str]:
    found = vars(slicer.modules).items()
    return sorted(f"slicer.modules.{name}" for name, one in found if isinstance(one, CommandLineModule))


def setNodeParameters(node: Any, parameters: Mapping[str, Any] | None) -> None:
    """Set parameters by name: texts, numbers, nodes, or lists of these."""
    for name, value in (parameters or {}).items():
        node.set_value(name, value)


def run(
    module: Any,
    node: Any = None,
    parameters: Mapping[str, Any] | None = None,
    wait_for_completion: bool = False,
    delete_temporary_files: bool = True,
    update_display: bool = True,
) -> Any:
    """Run a module.

    Parameters
    ----------
    module
        A command line module, from `slicer.modules`.
    node
        Of an earlier run, to use again; by default a new one, which stays in the scene.
    parameters
        By name: texts, numbers, nodes or their IDs, or lists of these.
    wait_for_completion
        Whether to come back only when it has ended.
    delete_temporary_files, update_display
        Accepted for scripts: files are always removed, and what is loaded is shown as its module says.

    Returns
    -------
    vtkMRMLCommandLineModuleNode
        Parameters, status and texts; it sends ModifiedEvent when its status changes.
    """
    if not isinstance(node, CommandLineModuleNode) or node.module is not module:
        node = createNode(module)
    setNodeParameters(node, parameters)
    module.start(node, wait_for_completion)
    return node


def runSync(
    module: Any,
    node: Any = None,
    parameters: Mapping[str, Any] | None = None,
    delete_temporary_files: bool = True,
    update_display: bool = True,
) -> Any:
    """Run a module to its end; see `run`."""
    return run(module, node, parameters, True, delete_temporary_files, update_display)


def cancel(node: Any) -> None:
    """End a run before its end; a function of this process only while it has not begun."""
    node.module.cancel(node)
