"""Callbacks of events of VTK that do not keep their objects alive."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.mrml

# Points and the callback that waits for their end are garbage of one cycle; the callback is the older one.
GARBAGE = """
import gc
from DICOMModule.Host.application import boot
application = boot(gui=True, testing=True)
import vtk
from DICOMModule.Host.views.views import weakly

class Owner:
    told = 0
    def tell(self):
        self.told += 1

owner = Owner()
gc.disable()
for _number in range(50):
    call = weakly(owner.tell)
    class Cycle:
        pass
    cycle = Cycle()
    cycle.call, cycle.points, cycle.itself = call, vtk.vtkPoints(), cycle
    cycle.points.AddObserver("DeleteEvent", call)
    del call, cycle
gc.collect()
points = vtk.vtkPoints()
points.AddObserver("ModifiedEvent", weakly(owner.tell))
points.AddObserver("ModifiedEvent", weakly(Owner().tell))
before = owner.told
points.Modified()
print(owner.told - before)
application.shutdown()
"""


def test_an_event_of_an_object_that_is_garbage_with_its_callback_does_no_harm(tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", GARBAGE],
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["1"], "")
