"""Which plugins there are: those in `slicer.modules.dicomPlugins`, and how they get there."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import slicer

from DICOMLib.core.errors import FAULTS_OF_OTHERS
from DICOMLib.plugins import preferences

log = logging.getLogger(__name__)

ENTRY_POINT_GROUP = "slicer_dicom.plugins"
DISABLED_KEY = "DICOM/disabledPlugins"


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin that raised, by its class name.

    Parameters
    ----------
    plugin
        Name of the plugin class, without "Class", as in `slicer.modules.dicomPlugins`.
    error
        What it raised.
    """

    plugin: str
    error: BaseException

    @property
    def reason(self) -> str:
        """The kind of fault and the first line of its text."""
        first = next(iter(str(self.error).strip().splitlines()), "")
        return f"{type(self.error).__name__}: {first}" if first else type(self.error).__name__


def registered() -> dict[str, type]:
    """Name and class of each plugin, in the order in which they were registered."""
    modules = getattr(slicer, "modules", None)
    if modules is None:
        return {}
    if not hasattr(modules, "dicomPlugins"):
        modules.dicomPlugins = {}
    plugins: dict[str, type] = modules.dicomPlugins
    return plugins


def register(name: str, plugin_class: type) -> None:
    """Add a plugin, or replace the one of that name.

    Raises
    ------
    RuntimeError
        If there is no application yet that could hold it.
    """
    if getattr(slicer, "modules", None) is None:
        raise RuntimeError("Plugins can be registered once slicer.modules is there.")
    registered()[name] = plugin_class


def disabled() -> set[str]:
    """Names of the plugins that the user has switched off."""
    store = preferences.settings()
    if store is None:
        return set()
    names = set()
    for index in range(store.beginReadArray(DISABLED_KEY)):
        store.setArrayIndex(index)
        names |= {key for key in store.allKeys() if store.value(key) == "disabled"}
    store.endArray()
    return names


def set_disabled(names: Iterable[str]) -> None:
    """Switch off these plugins and no others."""
    store = preferences.settings()
    if store is None:
        return
    store.remove(DISABLED_KEY)
    store.beginWriteArray(DISABLED_KEY)
    for index, name in enumerate(sorted(names)):
        store.setArrayIndex(index)
        store.setValue(name, "disabled")
    store.endArray()


def default_class_names() -> list[str]:
    """Names of the plugins that are used when nobody says which: all but the disabled ones."""
    off = disabled()
    return [name for name in registered() if name not in off]


def instances(
    names: Iterable[str] | None = None, existing: dict[str, Any] | None = None
) -> tuple[dict[str, Any], list[PluginFailure]]:
    """One instance of each plugin, and what could not be made.

    Parameters
    ----------
    names
        Which plugins; the default ones if None. A name that is not registered is a failure.
    existing
        Instances to use instead of new ones; new ones are added to it.
    """
    made: dict[str, Any] = {}
    failed = []
    known = registered()
    existing = {} if existing is None else existing
    for name in default_class_names() if names is None else names:
        try:
            if name not in existing:
                existing[name] = known[name]()
            made[name] = existing[name]
        except FAULTS_OF_OTHERS as error:
            log.warning("DICOM plugin %s cannot be used", name, exc_info=True)
            failed.append(PluginFailure(name, error))
    return made, failed


def load_entry_points() -> list[PluginFailure]:
    """Register the plugins that installed packages offer under `slicer_dicom.plugins`.

    An entry point names a plugin class, which is registered under the name of the entry point, or a file
    written as a scripted module of Slicer, which registers its plugin itself.
    """
    failed = []
    for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        try:
            offered = point.load()
            if isinstance(offered, ModuleType):
                start_module(offered)
            else:
                register(point.name, offered)
        except FAULTS_OF_OTHERS as error:
            log.warning("DICOM plugin %s cannot be imported", point.name, exc_info=True)
            failed.append(PluginFailure(point.name, error))
    return failed


def load_folder(folder: str | Path) -> list[PluginFailure]:
    """Import each Python file of a folder as a Slicer module and let it register its plugin."""
    failed = []
    for path in sorted(Path(folder).glob("*.py")):
        if path.stem.startswith("_"):
            continue
        try:
            start_module(import_file(path))
        except FAULTS_OF_OTHERS as error:
            log.warning("DICOM plugin %s cannot be imported", path.stem, exc_info=True)
            failed.append(PluginFailure(path.stem, error))
    return failed


def import_file(path: Path) -> ModuleType:
    """Import a file under its own name, as Slicer does with a scripted module; only once."""
    if path.stem in sys.modules:
        return sys.modules[path.stem]
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[path.stem]
        raise
    return module


def start_module(module: ModuleType) -> None:
    """Make an instance of the class by which Slicer finds the module; it registers the plugin."""
    name = module.__name__.rpartition(".")[2]
    hook = getattr(module, name, None)
    if hook is not None:
        hook(SimpleNamespace(title=name, categories=[], dependencies=[], contributors=[]))


def registered_name(plugin: Any) -> str:
    """The name under which the class of an instance is registered; that of its module if it is not.

    The two are the same for the files of Slicer's plugins, not for an entry point of any name.
    """
    kind = type(plugin)
    return next((name for name, known in registered().items() if known is kind), kind.__module__)


def resolved_name(name: str) -> str:
    """The registered name for one that may be that of a module, by which Slicer's plugins call themselves."""
    known = registered()
    if name in known:
        return name
    of_module = [key for key, kind in known.items() if getattr(kind, "__module__", "") == name]
    return of_module[0] if len(of_module) == 1 else name


def name_of(plugin: Any, plugins: Mapping[str, Any]) -> str:
    """The name under which an instance is known; that of its class if it is not."""
    for name, instance in plugins.items():
        if instance is plugin:
            return name
    return type(plugin).__name__
