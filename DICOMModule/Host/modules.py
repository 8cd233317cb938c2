"""Scripted modules: found in folders, made as Slicer makes them, and named in `slicer.modules`."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import slicer

from DICOMLib.core.errors import FAULTS_OF_OTHERS
from DICOMLib.core.events import Emitter, Signal
from DICOMModule.Host.module_files import advice_on_empty, is_module, misnamed

if TYPE_CHECKING:
    from DICOMModule.Host.scene import World

log = logging.getLogger(__name__)


class ModuleNames(SimpleNamespace):
    """`slicer.modules`: each module by its name in lower case, and what scripts put there."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name == name.lower():
            from DICOMModule.Host.dialect.command_line_programs import find

            program = find(name)
            if program is not None:
                setattr(self, name, program)
                return program
        from DICOMModule.Host.dialect.missing_names import module_instead

        raise AttributeError(
            f"slicer.modules.{name} is not available: no module of that name was found. "
            f"Give its folder with --additional-module-paths{module_instead(name)}."
        )


class ModuleParent(SimpleNamespace):
    """What a module object gets as its parent: a place for title, categories, icon and the like."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(
            name=name,
            path=path,
            title=name,
            categories=[],
            dependencies=[],
            contributors=[],
            helpText="",
            acknowledgementText="",
            icon=None,
            hidden=False,
            widgetRepresentationCreationEnabled=True,
        )

    def module(self) -> ModuleParent:
        """The module, as a widget's parent asks for it."""
        return self


class ScriptedModule:
    """A module as `slicer.modules.<name>`: its path, its logic and its panel.

    Parameters
    ----------
    source
        The imported Python module.
    instance
        Object of the module class.
    parent
        What that object was given.
    """

    def __init__(self, source: ModuleType, instance: Any, parent: ModuleParent) -> None:
        self.name = source.__name__
        self.path = str(source.__file__)
        self.source = source
        self.instance = instance
        self.parent = parent
        self._representation: Any = None
        self._logic: Any = None

    @property
    def title(self) -> str:
        """For people."""
        return str(self.parent.title)

    @property
    def categories(self) -> list[str]:
        """Where it stands in the list of modules."""
        return list(self.parent.categories)

    @property
    def icon(self) -> Any:
        """Its icon; None for none."""
        return self.parent.icon

    @property
    def hidden(self) -> bool:
        """Whether it is left out of the list of modules."""
        return bool(self.parent.hidden)

    @property
    def has_panel(self) -> bool:
        """Whether there is a class for its panel."""
        return hasattr(self.source, f"{self.name}Widget")

    def logic(self) -> Any:
        """Its logic, made once; None if it has none."""
        logic_class = getattr(self.source, f"{self.name}Logic", None)
        if self._logic is None and logic_class is not None:
            self._logic = logic_class()
        return self._logic

    def widgetRepresentation(self) -> Any:
        """Its panel, made once; None if it has none."""
        if self._representation is None and self.has_panel:
            self._representation = self.createNewWidgetRepresentation()
        return self._representation

    def createNewWidgetRepresentation(self) -> Any:
        """A panel of its own."""
        from DICOMModule.Host.window.module_panel import ModulePanelWidget

        return ModulePanelWidget(self)

    def followDeveloperMode(self, enabled: bool) -> None:
        """Let the panel, if it has been made, have the developer's buttons or not."""
        if self._representation is not None:
            self._representation.followDeveloperMode(enabled)

    def close(self) -> None:
        """Let the panel go."""
        if self._representation is not None:
            self._representation.close_panel()
        self.forget_panel()

    def forget_panel(self) -> None:
        """Let the panel be made anew."""
        self._representation = None
        self._logic = None

    def adopt(self, source: ModuleType) -> None:
        """Take classes from a source that was imported again."""
        self.source = source
        self._logic = None
        self.instance = getattr(source, self.name)(self.parent)
        setattr(slicer.modules, f"{self.name}Instance", self.instance)


class LogicModule:
    """A module of Slicer whose C++ logic is here, but whose panel is not."""

    def __init__(self, name: str, world: World) -> None:
        self.name = self.title = name
        self.path = ""
        self._world = world

    def logic(self) -> Any:
        """The logic."""
        return self._world.logics[self.name]

    def widgetRepresentation(self) -> None:
        """None: the panels of Slicer's C++ modules are not part of this host."""


class SequencesModule(Emitter, LogicModule):
    """The Sequences module; it knows which sequence its tool bar plays."""

    SIGNALS = ("activeBrowserNodeChanged", "toolBarVisibleChanged")
    activeBrowserNodeChanged: Signal
    toolBarVisibleChanged: Signal

    autoShowToolBar = True

    def __init__(self, name: str, world: World) -> None:
        Emitter.__init__(self)
        LogicModule.__init__(self, name, world)
        self._active: Any = None

    def toolBarActiveBrowserNode(self) -> Any:
        """The sequence browser node that the tool bar shows; None for none."""
        return self._active

    def setToolBarActiveBrowserNode(self, node: Any) -> None:
        """Show another one in the tool bar."""
        self._active = node
        self.activeBrowserNodeChanged(node)

    def setToolBarVisible(self, visible: bool) -> None:
        """Show or hide the tool bar."""
        self.toolBarVisibleChanged(bool(visible))

    def showSequenceBrowser(self, node: Any) -> bool:
        """Show a sequence in the tool bar; False where there is no window."""
        self.setToolBarActiveBrowserNode(node)
        self.setToolBarVisible(True)
        return len(self.toolBarVisibleChanged) > 0


class ModuleManager(Emitter):
    """All modules by name."""

    SIGNALS = ("moduleLoaded", "moduleAboutToBeUnloaded")
    moduleLoaded: Signal
    moduleAboutToBeUnloaded: Signal

    def __init__(self, world: World) -> None:
        super().__init__()
        self._modules: dict[str, Any] = {}
        self.failed: list[tuple[str, str]] = []
        for name in world.logics:
            kind = SequencesModule if name == "Sequences" else LogicModule
            self._add(kind(name, world))

    def _add(self, module: Any) -> None:
        self._modules[module.name] = module
        setattr(slicer.modules, module.name.lower(), module)
        self.moduleLoaded(module.name)

    def module(self, name: str) -> Any:
        """The module of that name; None for an unknown one."""
        return self._modules.get(name)

    def modulesNames(self) -> list[str]:
        """Names of all modules."""
        return list(self._modules)

    loadedModuleNames = modulesNames

    def factoryManager(self) -> ModuleManager:
        """The manager itself: it also loads modules."""
        return self

    def loadModules(self, paths: Iterable[str | Path]) -> bool:
        """Load modules by the paths of their files, and set them up; whether all could be loaded."""
        found = [self.load(Path(path)) for path in paths]
        for module in in_order_of_dependencies([module for module in found if module is not None]):
            self._guarded(module.name, getattr(module.instance, "setup", lambda: None))
        return all(found)

    def isLoaded(self, name: str) -> bool:
        """Whether there is a module of that name."""
        return name in self._modules

    def scripted(self) -> list[ScriptedModule]:
        """The scripted ones."""
        return [module for module in self._modules.values() if isinstance(module, ScriptedModule)]

    def discover(self, folders: Iterable[Path], on_found: Callable[[str], None] = lambda name: None) -> None:
        """Load the modules of some folders: first all are made, then set up in the same order.

        A module that fails is noted in `failed`, reported, and left out.
        """
        from DICOMModule.Host.dialect.command_line_programs import add_folders

        found: list[ScriptedModule] = []
        folders = list(folders)
        add_folders(folders)
        for folder in folders:
            if str(folder) not in sys.path:
                sys.path.insert(0, str(folder))
            files = sorted(folder.glob("*.py"))
            for path in files:
                on_found(path.stem)
                module = self.load(path)
                if module is not None:
                    found.append(module)
            self._tell_of_others(folder, files)
        for module in in_order_of_dependencies(found):
            self._guarded(module.name, getattr(module.instance, "setup", lambda: None))

    def _tell_of_others(self, folder: Path, files: Sequence[Path]) -> None:
        """Say of a folder which of its files are no modules although they were meant to be."""
        from DICOMModule.Host.dialect.command_line_programs import holds_programs

        told = list(misnamed(files))
        for path, reason in told:
            log.warning("%s was not loaded: %s", path, reason)
            self.failed.append((path.stem, reason))
        if not told and not any(map(is_module, files)) and not holds_programs(folder):
            log.warning("%s", advice_on_empty(folder))

    def close(self) -> None:
        """Take the panels and the scripted modules apart, and end programs that still run."""
        from DICOMModule.Host.dialect.command_line_programs import forget

        forget()
        for module in self.scripted():
            self.moduleAboutToBeUnloaded(module.name)
            module.close()
        self._modules.clear()

    def load(self, path: Path) -> ScriptedModule | None:
        """Import a file and make its module object; None if it holds no module or fails."""
        if not is_module(path):
            return None
        return self._guarded(path.stem, lambda: self._load(path.stem, path))

    def _load(self, name: str, path: Path) -> ScriptedModule:
        source = _import(name, path)
        parent = ModuleParent(name, str(path))
        instance = getattr(source, name)(parent)
        module = ScriptedModule(source, instance, parent)
        setattr(slicer.modules, f"{name}Instance", instance)
        self._add(module)
        return module

    def _guarded(self, name: str, call: Callable[[], Any]) -> Any:
        """Call foreign code; a failure is noted, and the answer is None."""
        try:
            return call()
        except FAULTS_OF_OTHERS as error:  # its failure must not stop the others
            reason = f"{type(error).__name__}: {error}"
            log.exception("The module %s could not be loaded: %s", name, reason)
            self.failed.append((name, reason))
            return None

    def reload(self, name: str) -> Any:
        """Import a scripted module again and make its panel anew; returns the Python widget."""
        module = self._modules[name]
        self.moduleAboutToBeUnloaded(name)
        module.adopt(_import(name, Path(module.path)))
        representation = module._representation
        module.forget_panel()
        if representation is None:
            return None
        representation.rebuild()
        module._representation = representation
        return representation.self()


def in_order_of_dependencies(modules: Sequence[ScriptedModule]) -> list[ScriptedModule]:
    """Modules after those that they depend on; else in the given order."""
    by_name = {module.name: module for module in modules}
    ordered: dict[str, ScriptedModule] = {}

    def add(module: ScriptedModule, path: tuple[str, ...]) -> None:
        for name in module.parent.dependencies:
            if name in by_name and name not in path:
                add(by_name[name], (*path, module.name))
        ordered.setdefault(module.name, module)

    for module in modules:
        add(module, (module.name,))
    return list(ordered.values())


class _SourceLoader(SourceFileLoader):
    """Compiles what a file holds now: Python's cache looks at second and size, which two savings share."""

    def get_code(self, fullname: str) -> CodeType:
        """See `SourceFileLoader`; neither reads nor writes the cache."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _import(name: str, path: Path) -> ModuleType:
    """Import a file as the top-level module of its name, as scripts expect to find it."""
    spec = importlib.util.spec_from_file_location(name, path, loader=_SourceLoader(name, str(path)))
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported.")
    source = importlib.util.module_from_spec(spec)
    sys.modules[name] = source
    try:
        spec.loader.exec_module(source)
    except BaseException:
        del sys.modules[name]
        raise
    return source
