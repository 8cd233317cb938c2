"""Every text that users read goes through the translator of the application; only data do not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]

PROGRAM = "Testing.DICOMModule.translated_window"
NAMES = {
    "Slicer DICOM",
    "MedicalConnections",
    "ExampleHost",
    "https://pacs.example/dicom-web",
    "THERE at 127.0.0.1:1",
}
OF_MRML = {"Axial", "Sagittal", "Coronal"}  # names of orientations in the scene
PRESETS = {"CT BONE", "CT AIR", "CT ABDOMEN", "CT BRAIN", "CT LUNG"}  # windows, by their names in MRML
OF_SETTINGS = {"GDCM with DCMTK fallback", "Archetype"}  # readers, by the names that settings keep
PATIENTS = {"Adams, Anna", "Brown, Bob", "Shade, Sam"}
OF_IMAGES = {
    "7: Blocks",
    "Shade^Sam (S1)",
    "Bone",
    "T1",
    "Soft tissue",
    "Lung",
    "Blocks",
    "Head",
    "Follow-up",
    "Thorax",
    "Shades",
}
DATA = NAMES | OF_MRML | PRESETS | OF_SETTINGS | PATIENTS | OF_IMAGES


def is_data(text: str, where: str, folder: Path) -> bool:
    """Whether a text is none of ours: data, a code of the standard, a path, what a plugin calls itself."""
    code = text.isupper() and " " not in text
    path = text.startswith((str(folder), str(Path.cwd())))
    return text in DATA or code or path or (where.startswith("QCheckBox") and "Plugin'" in where)


def test_all_texts_ask_the_translator(dicom_folder, tmp_path):
    for name in ("database", "settings"):
        (tmp_path / name).mkdir()
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            PROGRAM,
            str(dicom_folder),
            *(str(tmp_path / n) for n in ("database", "settings")),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    *untranslated, seen = json.loads(run.stdout)
    assert seen > 600
    assert [(text, where) for text, where in untranslated if not is_data(text, where, tmp_path)] == []
