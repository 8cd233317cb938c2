"""`slicer.ScriptedLoadableModule`: the base classes of scripted modules."""

from __future__ import annotations

import importlib
import logging
import sys
import unittest
from pathlib import Path
from typing import Any

import slicer

from DICOMModule.Host.window.developer_section import DeveloperSection

log = logging.getLogger(__name__)

__all__ = [
    "ScriptedLoadableModule",
    "ScriptedLoadableModuleLogic",
    "ScriptedLoadableModuleTest",
    "ScriptedLoadableModuleWidget",
    "importlib",
    "logging",
    "slicer",
    "unittest",
]


class ScriptedLoadableModule:
    """A module: title, categories and the like, written to its parent."""

    def __init__(self, parent: Any) -> None:
        self.parent = parent
        self.moduleName = type(self).__name__
        parent.title = ""
        parent.categories = []
        parent.dependencies = []
        parent.contributors = []
        parent.helpText = ""
        parent.acknowledgementText = ""
        self._register_self_test()

    def _register_self_test(self) -> None:
        slicer.selfTests[self.moduleName] = self.runTest

    def resourcePath(self, filename: str) -> str:
        """Path of a file below the Resources folder of the module."""
        return str(Path(self.parent.path).parent / "Resources" / filename)

    def getDefaultModuleDocumentationLink(self, docPage: str | None = None) -> str:
        """A sentence for the help text; this host has no pages of its own."""
        return ""

    def runTest(self, msec: int = 100, **kwargs: Any) -> None:
        """Run the module's test class.

        Raises
        ------
        Exception
            What the test raises.
        """
        source = sys.modules[self.__module__]
        test_class = getattr(source, f"{self.moduleName}Test", None)
        if test_class is None:
            return
        test = test_class()
        test.messageDelay = msec
        test.runTest(**kwargs)


class ScriptedLoadableModuleWidget:
    """The panel of a module. Subclasses build their widgets in `setup`, into `self.layout`."""

    def __init__(self, parent: Any = None) -> None:
        import qt

        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.developerMode = slicer.util.settingsValue(
            "Developer/DeveloperMode", False, converter=slicer.util.toBool
        )
        if parent is None:
            parent = qt.QWidget()
            parent.setLayout(qt.QVBoxLayout())
        self.parent = parent
        self.layout = parent.layout()
        self._developer_section: DeveloperSection | None = None
        self._takes_developer_section = False

    def setup(self) -> None:
        """Build the panel; the developer's buttons come first where they are wanted."""
        self._takes_developer_section = True
        if self.developerMode:
            self._add_developer_section()

    def followDeveloperMode(self, enabled: bool) -> None:
        """Show or remove the developer's buttons in a panel that is built; the rest of it stays as it is."""
        self.developerMode = enabled
        if enabled and self._developer_section is None and self._takes_developer_section:
            self._add_developer_section()
        elif not enabled and self._developer_section is not None:
            self._developer_section.remove()
            self._developer_section = None
            del self.reloadButton, self.reloadAndTestButton, self.testButton

    def _add_developer_section(self) -> None:
        import qt

        section = self._developer_section = DeveloperSection(self)
        # a module of few widgets leaves room, which is not for the gaps between the buttons and the log
        self.layout.insertWidget(0, section.widget, 0, qt.Qt.AlignTop)
        self.reloadButton = section.reload_button
        self.reloadAndTestButton = section.reload_and_test_button
        self.testButton = section.test_button

    def cleanup(self) -> None:
        """Called before the panel goes."""

    def resourcePath(self, filename: str) -> str:
        """Path of a file below the Resources folder of the module."""
        path = Path(getattr(slicer.modules, self.moduleName.lower()).path)
        return str(path.parent / "Resources" / filename)

    def onReload(self) -> Any:
        """Import the module again and make its panel anew."""
        return slicer.app.moduleManager().reload(self.moduleName)

    def onReloadAndTest(self, **kwargs: Any) -> bool:
        """Reload, then run the self-test of the new module; whether it passed."""
        widget = self.onReload()
        return bool(widget.onTest(**kwargs)) if widget is not None else False

    def onTest(self, **kwargs: Any) -> bool:
        """Run the self-test and show how it went; whether it passed."""
        return (self._developer_section or DeveloperSection(self)).run_test(**kwargs)


class ScriptedLoadableModuleLogic:
    """What a module does, apart from its panel."""

    def __init__(self, parent: Any = None) -> None:
        self.moduleName = type(self).__name__.removesuffix("Logic")
        self.isSingletonParameterNode = True

    def getParameterNode(self) -> Any:
        """The node in which the module keeps its parameters; made where it is missing."""
        return self.createParameterNode() if self._find() is None else self._find()

    def _find(self) -> Any:
        scene = slicer.mrmlScene
        for index in range(scene.GetNumberOfNodesByClass("vtkMRMLScriptedModuleNode")):
            node = scene.GetNthNodeByClass(index, "vtkMRMLScriptedModuleNode")
            if node.GetAttribute("ModuleName") == self.moduleName:
                return node
        return None

    def getAllParameterNodes(self) -> list[Any]:
        """All parameter nodes of the module."""
        scene = slicer.mrmlScene
        nodes = [
            scene.GetNthNodeByClass(index, "vtkMRMLScriptedModuleNode")
            for index in range(scene.GetNumberOfNodesByClass("vtkMRMLScriptedModuleNode"))
        ]
        return [node for node in nodes if node.GetAttribute("ModuleName") == self.moduleName]

    def createParameterNode(self) -> Any:
        """A new parameter node in the scene."""
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
        node.UnRegister(None)
        if self.isSingletonParameterNode:
            node.SetSingletonTag(self.moduleName)
        node.SetModuleName(self.moduleName)
        node.SetAttribute("ModuleName", self.moduleName)
        node.SetName(slicer.mrmlScene.GenerateUniqueName(self.moduleName))
        return slicer.mrmlScene.AddNode(node)


class ScriptedLoadableModuleTest(unittest.TestCase):
    """The self-test of a module: `runTest` calls the test functions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delayMessages = False
        self.messageDelay = 0
        self.enableScreenshots = False
        self.screenshotScaleFactor = 1.0

    def delayDisplay(self, message: str, requestedDelay: Any = None, msec: Any = None) -> None:
        """Tell what the test is doing."""
        log.info("%s", message)

    def takeScreenshot(self, name: str, description: str, type: int = -1) -> None:  # noqa: A002
        """Nothing: the host keeps no pictures of tests."""

    def setUp(self) -> None:
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear(0)

    def runTest(self) -> None:
        """Run the test; subclasses say how."""
        log.warning("The test class has no runTest function.")
