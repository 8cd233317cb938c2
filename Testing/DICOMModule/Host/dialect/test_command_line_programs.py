"""Programs that tell their parameters with `--xml`, run by `slicer.cli` on nodes of the scene."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = [
    pytest.mark.mrml,
    pytest.mark.gui,
    pytest.mark.skipif(sys.platform == "win32", reason="the program of this test is a script"),
]

DESCRIPTION = """This is version 1.
<?xml version="1.0" encoding="utf-8"?>
<executable>
  <title>Scale a volume</title>
  <parameters>
    <label>IO</label>
    <image><name>InputVolume</name><channel>input</channel><index>0</index></image>
    <image><name>OutputVolume</name><channel>output</channel><index>1</index></image>
    <file multiple="true"><name>notes</name><longflag>--note</longflag></file>
  </parameters>
  <parameters advanced="true">
    <label>Scaling</label>
    <double><name>scaleFactor</name><flag>f</flag><longflag>factor</longflag></double>
    <boolean><name>invert</name><flag>-i</flag></boolean>
    <integer><name>seconds</name><longflag>sleep</longflag></integer>
  </parameters>
</executable>
"""

PROGRAM = f"""#!{sys.executable}
import argparse, sys, time
if "--xml" in sys.argv:
    print('''{DESCRIPTION}''')
    raise SystemExit
parser = argparse.ArgumentParser()
parser.add_argument("--factor", type=float, default=1)
parser.add_argument("--sleep", type=int, default=0)
parser.add_argument("--note", action="append", default=[])
parser.add_argument("-i", action="store_true")
parser.add_argument("source")
parser.add_argument("target")
options = parser.parse_args()
if options.factor == 0:
    raise SystemExit("The factor is zero.")
time.sleep(options.sleep)
print("notes", options.note)
import numpy
header, data = open(options.source, "rb").read().split(b"\\n\\n", 1)
if b"encoding: gzip" in header:
    import zlib
    data = zlib.decompress(data, 31)
values = numpy.frombuffer(data, numpy.int16) * options.factor * (-1 if options.i else 1)
header = header.replace(b"encoding: gzip", b"encoding: raw")
open(options.target, "wb").write(header + b"\\n\\n" + values.astype(numpy.int16).tobytes())
"""

VALUES = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)


@pytest.fixture
def module(host, tmp_path):
    """The program, found in a folder of additional modules."""
    import slicer

    path = tmp_path / "modules" / "ScaleVolume"
    path.parent.mkdir()
    path.write_text(PROGRAM)
    path.chmod(0o755)
    (path.parent / "Mute").write_text("#!/bin/sh\n")
    (path.parent / "Mute").chmod(0o755)
    search = list(sys.path)
    host.modules.discover([path.parent])
    yield slicer.modules.scalevolume
    del slicer.modules.scalevolume
    sys.path[:] = search


@pytest.fixture
def volumes(scene):
    """A volume, and an empty one for the result."""
    import slicer

    source = slicer.util.addVolumeFromArray(VALUES, ijkToRAS=np.diag([-1.0, -2, 3, 1]), name="Source")
    return source, scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Result")


def test_it_tells_itself(module):
    assert (module.title, Path(module.path).name) == ("Scale a volume", "ScaleVolume")
    node = module.cliModuleLogic().CreateNode()
    assert [node.GetParameterGroupLabel(group) for group in range(3)] == ["IO", "Scaling", ""]
    assert node.GetNumberOfParametersInGroup(1) == 3
    assert node.GetParameterName(1, 0) == "scaleFactor"


def test_a_run_on_nodes(module, volumes):
    import slicer

    source, result = volumes
    parameters = {"InputVolume": source, "OutputVolume": result.GetID(), "scaleFactor": 3, "invert": True}
    node = slicer.cli.runSync(module, None, {**parameters, "notes": ["one", "two"]})
    assert (node.GetErrorText(), node.GetStatusString()) == ("", "Completed")
    assert np.array_equal(slicer.util.arrayFromVolume(result), -3 * VALUES)
    assert np.allclose(slicer.util.arrayFromVolume(source), VALUES)
    assert (result.GetSpacing(), result.GetStorageNode()) == ((1, 2, 3), None)
    assert node.GetOutputText() == "notes ['one', 'two']\n"
    assert list(Path(slicer.app.temporaryPath).glob("tmp*")) == []


def test_a_run_that_nobody_waits_for(qtbot, module, volumes):
    import slicer

    source, result = volumes
    node = slicer.cli.run(module, None, {"InputVolume": source, "OutputVolume": result, "scaleFactor": 2})
    assert node.GetStatusString() == "Running"
    qtbot.waitUntil(lambda: not node.IsBusy(), timeout=20_000)
    assert np.array_equal(slicer.util.arrayFromVolume(result), 2 * VALUES)


def test_a_run_that_is_cancelled(qtbot, module, volumes):
    import slicer

    source, result = volumes
    begin = time.monotonic()
    node = slicer.cli.run(module, None, {"InputVolume": source, "OutputVolume": result, "seconds": 60})
    slicer.cli.cancel(node)
    qtbot.waitUntil(lambda: not node.IsBusy(), timeout=20_000)
    assert node.GetStatusString() == "Cancelled"
    assert result.GetImageData() is None
    assert time.monotonic() - begin < 50


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"scaleFactor": 0}, "The factor is zero."),
        ({"scaleFactor": 0.0, "factor": 2}, "Scale a volume has no parameter factor; it has InputVolume, "),
        ({"InputVolume": "vtkMRMLScalarVolumeNode99"}, "InputVolume: there is no node vtkMRMLScalar"),
        ({"OutputVolume": ""}, "arguments are required: target"),
    ],
)
def test_what_goes_wrong_is_told(module, volumes, parameters, told):
    import slicer

    source, result = volumes
    node = slicer.cli.runSync(module, None, {"InputVolume": source, "OutputVolume": result, **parameters})
    assert node.GetStatusString() == "Completed with errors"
    assert told in node.GetErrorText()
    assert result.GetImageData() is None


def test_a_program_that_tells_no_parameters(module):
    import slicer

    with pytest.raises(AttributeError, match="no module of that name"):
        _ = slicer.modules.mute
