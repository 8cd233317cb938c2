"""Which plugins there are, and those that cannot be had."""

from __future__ import annotations

import importlib.metadata
import sys

import pytest

from DICOMLib.plugins import registry
from DICOMLib.plugins.base import DICOMPlugin

pytestmark = pytest.mark.mrml


class Good(DICOMPlugin):
    pass


class Bad(DICOMPlugin):
    def __init__(self):
        raise OSError("no library")


@pytest.fixture
def plugins(host):
    """The registered plugins, as they were afterwards; none is disabled."""
    before = dict(registry.registered())
    yield registry.registered()
    registry.registered().clear()
    registry.registered().update(before)
    registry.set_disabled([])


def test_ours_are_registered_under_the_names_of_their_files(plugins):
    assert plugins["DICOMScalarVolumePlugin"].__module__ == "DICOMScalarVolumePlugin"
    assert plugins["DICOMScalarVolumePlugin"].__name__ == "DICOMScalarVolumePluginClass"


def test_disabled_ones_are_left_out(plugins):
    registry.register("GoodPlugin", Good)
    assert "GoodPlugin" in registry.default_class_names()
    registry.set_disabled(["GoodPlugin", "UnknownPlugin"])
    assert registry.disabled() == {"GoodPlugin", "UnknownPlugin"}
    assert "GoodPlugin" not in registry.default_class_names()
    made, _ = registry.instances(["GoodPlugin"])
    assert isinstance(made["GoodPlugin"], Good)
    registry.set_disabled([])
    assert registry.disabled() == set()


def test_what_cannot_be_made_is_named(plugins):
    registry.register("GoodPlugin", Good)
    registry.register("BadPlugin", Bad)
    made, failed = registry.instances(["BadPlugin", "GoodPlugin", "NoPlugin"])
    assert list(made) == ["GoodPlugin"]
    assert [(failure.plugin, failure.reason) for failure in failed] == [
        ("BadPlugin", "OSError: no library"),
        ("NoPlugin", "KeyError: 'NoPlugin'"),
    ]


def test_existing_instances_are_used_and_new_ones_kept(plugins):
    registry.register("GoodPlugin", Good)
    registry.register("OtherPlugin", Good)
    own = Good()
    existing = {"GoodPlugin": own}
    made, _ = registry.instances(["GoodPlugin", "OtherPlugin"], existing)
    assert made["GoodPlugin"] is own
    assert existing["OtherPlugin"] is made["OtherPlugin"]


def test_folder(plugins, tmp_path, monkeypatch):
    (tmp_path / "DICOMFolderPlugin.py").write_text(
        "import slicer\n"
        "from DICOMLib import DICOMPlugin\n"
        "class DICOMFolderPluginClass(DICOMPlugin):\n"
        "    pass\n"
        "class DICOMFolderPlugin:\n"
        "    def __init__(self, parent):\n"
        "        parent.title = 'Folder'\n"
        "        slicer.modules.dicomPlugins['DICOMFolderPlugin'] = DICOMFolderPluginClass\n"
    )
    (tmp_path / "DICOMBrokenPlugin.py").write_text("import no_such_module_at_all\n")
    (tmp_path / "_hidden.py").write_text("raise AssertionError\n")
    monkeypatch.delitem(sys.modules, "DICOMFolderPlugin", raising=False)
    (failure,) = registry.load_folder(tmp_path)
    assert failure.plugin == "DICOMBrokenPlugin"
    assert "no_such_module_at_all" in failure.reason
    assert "DICOMBrokenPlugin" not in sys.modules
    assert plugins["DICOMFolderPlugin"].__module__ == "DICOMFolderPlugin"


def test_entry_points(plugins, monkeypatch):
    group = registry.ENTRY_POINT_GROUP
    points = [
        importlib.metadata.EntryPoint("PointPlugin", f"{__name__}:Good", group),
        importlib.metadata.EntryPoint("LostPlugin", "no_such_module_at_all:X", group),
    ]
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or sys.modules[Good.__module__])
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points)
    (failure,) = registry.load_entry_points()
    assert failure.plugin == "LostPlugin"
    assert plugins["PointPlugin"].__name__ == "Good"


SLICER_FILE = (
    "import slicer\n"
    "from DICOMLib import DICOMPlugin\n"
    "class DICOM{name}PluginClass(DICOMPlugin):\n"
    "    pass\n"
    "class DICOM{name}Plugin:\n"
    "    def __init__(self, parent):\n"
    "        parent.hidden = True\n"
    "        slicer.modules.dicomPlugins['DICOM{name}Plugin'] = DICOM{name}PluginClass\n"
)


def install_package(folder, name, points):
    """What pip leaves behind of a package with entry points."""
    information = folder / f"{name}-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"[{registry.ENTRY_POINT_GROUP}]", *points]
    (information / "entry_points.txt").write_text("\n".join(lines) + "\n")


def test_an_installed_package(plugins, tmp_path, monkeypatch):
    install_package(tmp_path, "hospital", ["DICOMWardPlugin = ward.DICOMWardPlugin"])
    (tmp_path / "ward").mkdir()
    (tmp_path / "ward" / "DICOMWardPlugin.py").write_text(SLICER_FILE.format(name="Ward"))
    monkeypatch.syspath_prepend(tmp_path)
    assert registry.load_entry_points() == []
    assert plugins["DICOMWardPlugin"].__module__ == "ward.DICOMWardPlugin"
    monkeypatch.delitem(sys.modules, "ward.DICOMWardPlugin")
    monkeypatch.delitem(sys.modules, "ward")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("out of range\nwith a traceback"), "ValueError: out of range"),
        (RuntimeError("\n  a decoder failed\n"), "RuntimeError: a decoder failed"),
        (NotImplementedError(), "NotImplementedError"),
    ],
)
def test_the_reason_of_a_failure_is_one_line(error, reason):
    assert registry.PluginFailure("Bad", error).reason == reason
