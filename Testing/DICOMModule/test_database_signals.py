"""Signals of the database and the indexer in the real window: scripts hear them in the main thread."""

from __future__ import annotations

import threading

import pytest

pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]

SCRIPT = """
import threading, ctk, slicer
heard = []

def hear(name):
    def listener(*arguments):
        heard.append((name, threading.current_thread() is threading.main_thread()))
    return listener

slicer.dicomDatabase.connect("databaseChanged()", hear("databaseChanged"))
indexer = ctk.ctkDICOMIndexer()
for signature in ("progressStep(QString)", "indexingComplete(int,int,int,int)"):
    indexer.connect(signature, hear(signature.partition("(")[0]))
indexer.setDatabase(slicer.dicomDatabase)
indexer.backgroundImportEnabled = background
indexer.addDirectory(folder)
"""


@pytest.mark.parametrize("background", [False, True])
def test_an_indexer(qtbot, dicom, dicom_folder, background):
    names = {"folder": str(dicom_folder), "background": background}
    exec(SCRIPT, names)
    names["indexer"].waitForImportFinished()
    heard = names["heard"]
    assert heard[-1] == ("indexingComplete", True)
    assert {name for name, _main in heard} == {"databaseChanged", "progressStep", "indexingComplete"}
    assert all(main for _name, main in heard)
    assert dicom.database.imagesCount() == 14
    dicom.database.databaseChanged.disconnect(dicom.database.databaseChanged._listeners[-1])


def test_an_import_of_the_browser(qtbot, dicom, dicom_folder):
    heard = []

    def listener():
        heard.append(threading.current_thread() is threading.main_thread())

    dicom.database.connect("databaseChanged()", listener)
    dicom.browser.dicomBrowser.importDirectory(str(dicom_folder))
    dicom.browser.dicomBrowser.waitForImportFinished()
    qtbot.waitUntil(lambda: bool(heard))
    dicom.database.disconnect("databaseChanged()", listener)
    assert all(heard)
