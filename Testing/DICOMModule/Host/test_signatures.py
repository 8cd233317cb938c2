"""Parameters, defaults, properties, methods and signals that scripts of Slicer rely on."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

TEXT = re.sub(r"(?m)^#.*\n", "", Path(__file__).with_name("signatures.txt").read_text(encoding="utf-8"))
SECTIONS = {
    name: [line for line in lines.splitlines() if line]
    for name, lines in re.findall(r"^\[(\w+)\]\n(.*?)(?=^\[\w+\]\n|\Z)", TEXT, re.MULTILINE | re.DOTALL)
}
MODULES = ("slicer", "qt", "ctk", "DICOMLib", "DICOMPatcher", "DICOMScalarVolumePlugin")


def pairs(section):
    """Owner and member of each word of a section."""
    return [
        (owner, member)
        for owner, members in (line.split(": ") for line in SECTIONS[section])
        for member in re.findall(r"\w+(?:\([^)]*\))?", members)
    ]


@pytest.fixture(scope="module")
def names(main_window):
    """What a script has imported, once the panel of the DICOM module is there."""
    import slicer

    import DICOMLib.DICOMUtils  # noqa: F401

    slicer.util.selectModule("DICOM")
    return {name: importlib.import_module(name) for name in MODULES}


def look_up(names, expression):
    return eval(expression, dict(names))


def test_the_table_is_read():
    assert {name: len(lines) > 10 for name, lines in SECTIONS.items()} == dict.fromkeys(
        ("parameters", "values", "properties", "called", "signals"), True
    )


@pytest.mark.parametrize("line", SECTIONS["parameters"])
def test_parameters(names, line):
    name, wanted = re.fullmatch(r"([\w.]+)\((.*)\)", line).groups()
    known = look_up(names, name)
    found = list(inspect.signature(known).parameters.values())
    if not isinstance(known, type) and found and found[0].name == "self":
        del found[0]
    expected = list(inspect.signature(look_up(names, f"lambda {wanted}: 0")).parameters.values())
    for ours, theirs in zip(found, expected, strict=False):
        assert ours.name == theirs.name or theirs.name.startswith("_")  # a name that nobody may rely on
        if theirs.default is not inspect.Parameter.empty:
            assert ours.default == theirs.default
    assert len(found) >= len(expected)
    for further in found[len(expected) :]:
        assert further.default is not inspect.Parameter.empty or further.kind in (
            inspect.Parameter.VAR_POSITIONAL,
            inspect.Parameter.VAR_KEYWORD,
        )


@pytest.mark.parametrize("line", SECTIONS["values"])
def test_values(names, line):
    assert look_up(names, line)


@pytest.mark.parametrize(("owner", "name"), pairs("properties"))
def test_properties_are_read_without_a_call(names, owner, name):
    assert not callable(getattr(look_up(names, owner), name))


@pytest.mark.parametrize(("owner", "call"), pairs("called"))
def test_methods_are_called(names, owner, call):
    look_up({**names, "thing": look_up(names, owner)}, f"thing.{call}")


@pytest.mark.parametrize(("owner", "signal"), pairs("signals"))
def test_signals_are_connected_in_both_ways(names, owner, signal):
    thing = look_up(names, owner)
    attribute = getattr(thing, signal.partition("(")[0])

    def listen(*_values):
        """Never called."""

    attribute.connect(listen)
    attribute.disconnect(listen)
    assert thing.connect(signal, listen) is not False
    thing.disconnect(signal, listen)
