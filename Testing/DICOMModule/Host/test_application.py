"""Start of the application: what it finds by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from Testing.DICOMLib.plugins.test_registry import SLICER_FILE, install_package

pytestmark = pytest.mark.mrml

PROGRAM = """
import json
from DICOMModule.Host.application import boot
application = boot(gui=False, testing=True, settings_path={settings!r})
import slicer
print(json.dumps([list(slicer.modules.dicomPlugins), application.modules.failed]))
application.shutdown()
"""


def test_plugins_of_installed_packages(tmp_path):
    install_package(
        tmp_path, "hospital", ["DICOMWardPlugin = DICOMWardPlugin", "DICOMLostPlugin = no_such_module:Plugin"]
    )
    (tmp_path / "DICOMWardPlugin.py").write_text(SLICER_FILE.format(name="Ward"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    command = [sys.executable, "-c", PROGRAM.format(settings=str(tmp_path / "settings"))]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path
    )
    plugins, failed = json.loads(result.stdout.splitlines()[-1])
    assert plugins[-1] == "DICOMWardPlugin"
    assert "DICOMScalarVolumePlugin" in plugins
    assert failed == [["DICOMLostPlugin", "ModuleNotFoundError: No module named 'no_such_module'"]]
