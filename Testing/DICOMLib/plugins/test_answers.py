"""Plugins that answer anything: what can be used is used, the rest is told by the plugin's name."""

from __future__ import annotations

import time

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.plugins import examine as examination
from DICOMLib.plugins.answers import usable_exportables, usable_loadables
from DICOMLib.plugins.base import DICOMPlugin
from DICOMLib.plugins.examine import examine
from DICOMLib.plugins.export import examine_for_export
from DICOMLib.plugins.exportable import qSlicerDICOMExportable
from DICOMLib.plugins.loadable import DICOMLoadable

pytestmark = pytest.mark.mrml


def loadable(**attributes):
    made = DICOMLoadable()
    made.files = ["a"]
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


class Answering(DICOMPlugin):
    """Answers what it is told to."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def examineForImport(self, fileLists):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (42, "It answered int, where a list of loadables is expected."),
        ("text", "It answered str, where a list of loadables is expected."),
        ([None, "x"], "It offered NoneType, which is no loadable. It offered str, which is no loadable."),
        ([loadable(files=[])], "It offered 'Unknown' without files."),
        ([loadable(files="a.dcm", name="One")], "It offered 'One' without files."),
        ([loadable(files=[None])], "It offered 'Unknown' without files."),
        ([loadable(confidence="high")], "It offered 'Unknown' with a confidence that is no number."),
        # no other loadable of the series would be chosen: nothing is more, nothing is less
        ([loadable(confidence=float("nan"))], "It offered 'Unknown' with a confidence that is no number."),
    ],
)
def test_what_cannot_be_used(answer, told):
    good = loadable(name="Good")
    usable, problem = usable_loadables([*answer, good] if isinstance(answer, list) else answer)
    assert problem == told
    assert usable == ([good] if isinstance(answer, list) else [])


def test_gaps_are_filled_in():
    class Bare:
        files = ("a", "b")

    bare, empty = Bare(), loadable(name=None, tooltip=None, warning=None, selected=None, confidence=None)
    assert usable_loadables((bare, empty)) == ([bare, empty], "")
    plain = DICOMLoadable()
    for one in (bare, empty):
        for name in ("name", "tooltip", "warning", "selected", "confidence"):
            assert getattr(one, name) == getattr(plain, name)
    assert usable_loadables(None) == ([], "")


def test_each_is_told_by_its_name_and_the_others_go_on(caplog):
    good = loadable(name="Good")
    plugins = {
        "Nothing": Answering(None),
        "Number": Answering(42),
        "Leaving": Answering(SystemExit(3)),
        "Half": Answering([good, "text"]),
        "Good": Answering([loadable()]),
    }
    report = run(examine([["a"]], plugins))
    assert [(failure.plugin, failure.reason) for failure in report.failed] == [
        ("Number", "TypeError: It answered int, where a list of loadables is expected."),
        ("Leaving", "SystemExit: 3"),
        ("Half", "TypeError: It offered str, which is no loadable."),
    ]
    assert report.loadables[plugins["Half"]] == [good]
    assert len(report.loadables[plugins["Good"]]) == 1
    assert report.loadables[plugins["Nothing"]] == []
    for name in ("Number", "Leaving", "Half"):
        assert f"DICOM plugin {name}" in caplog.text


def test_the_same_fault_of_many_series_is_told_once():
    class Half(DICOMPlugin):
        def examineFiles(self, files):
            return [loadable(files=[])]

    report = run(examine([["a"], ["b"], ["c"]], {"Half": Half()}))
    assert [failure.plugin for failure in report.failed] == ["Half"]


def test_who_holds_up_the_user_is_told(monkeypatch, caplog):
    class Slow(DICOMPlugin):
        def examineFiles(self, files):
            time.sleep(0.05)
            return []

    monkeypatch.setattr(examination, "LONG_S", 0.01)
    run(examine([["a"]], {"Slow": Slow()}))
    assert "DICOM plugin Slow took 0." in caplog.text


def exportable(**attributes):
    made = qSlicerDICOMExportable()
    made.pluginClass = "Good"
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (5, "It answered int, where a list of exportables is expected."),
        ([3, None], "It offered int, which is no exportable. It offered NoneType, which is no exportable."),
        ([exportable(confidence="high", name="X")], "It offered 'X' with a confidence that is no number."),
        ([exportable(confidence=None, name="X")], "It offered 'X' with a confidence that is no number."),
        ([exportable(confidence=float("nan"))], "with a confidence that is no number."),
    ],
)
def test_exportables_that_cannot_be_used(answer, told):
    good = exportable(subjectHierarchyItemID=8)
    usable, problem = usable_exportables([*answer, good] if isinstance(answer, list) else answer, 7)
    assert problem.endswith(told)
    assert usable == ([good] if isinstance(answer, list) else [])


def test_item_of_an_exportable_is_filled_in():
    bare, told = exportable(), exportable(subjectHierarchyItemID=8)
    assert usable_exportables(iter([bare, told]), 7) == ([bare, told], "")
    assert (bare.subjectHierarchyItemID, told.subjectHierarchyItemID) == (7, 8)
    assert usable_exportables(None, 7) == ([], "")


def test_others_export_where_one_answers_what_cannot_be_used(host, monkeypatch, caplog):
    class Exporting(Answering):
        def examineForExport(self, item):
            return self.answer

    plugins = {
        "Text": Exporting([exportable(confidence="high", name="X")]),
        "Number": Exporting(3),
        "Good": Exporting([exportable(confidence=0.5)]),
    }
    monkeypatch.setattr("DICOMLib.plugins.registry.instances", lambda names: (plugins, []))
    result = run(examine_for_export([7]))
    assert [one.exportables for one in result.types] == [plugins["Good"].answer]
    assert [failure.plugin for failure in result.failed] == ["Text", "Number"]
    assert "confidence that is no number" in result.failed[0].reason
    assert "DICOM plugin Number" in caplog.text
