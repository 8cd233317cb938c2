"""Examination, choice and loading with small plugins of our own."""

from __future__ import annotations

import pytest

from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.plugins.base import DICOMPlugin
from DICOMLib.plugins.choose import deselect_repeated, selected
from DICOMLib.plugins.examine import ask, examine
from DICOMLib.plugins.loadable import DICOMLoadable

pytestmark = pytest.mark.mrml


def loadable(*files, confidence=0.5, chosen=False):
    result = DICOMLoadable()
    result.files, result.confidence, result.selected = list(files), confidence, chosen
    return result


class Counting(DICOMPlugin):
    """Offers one loadable for each list, and counts how often it looked."""

    def __init__(self, answers=None):
        super().__init__()
        self.calls = []
        self.answers = answers

    def examineFiles(self, files):
        self.calls.append(tuple(files))
        return [loadable(*files)] if self.answers is None else self.answers


class Raising(DICOMPlugin):
    def examineFiles(self, files):
        raise KeyError("no such tag")


class Legacy(DICOMPlugin):
    """An old plugin that knows `examine` only."""

    def examine(self, fileLists):
        return [loadable(*files, confidence=0.8) for files in fileLists]


def test_a_plugin_that_raises_is_named_and_skipped(caplog):
    good, bad = Counting(), Raising()
    report = run(examine([["a"], ["b"]], {"Bad": bad, "Good": good}))
    assert [item.files for item in report.loadables[good]] == [["a"], ["b"]]
    assert bad not in report.loadables
    (failure,) = report.failed
    assert (failure.plugin, failure.reason) == ("Bad", "KeyError: 'no such tag'")
    assert "Bad failed" in caplog.text


def test_progress_names_plugins_before_they_are_asked():
    plugins = {"A": Counting(), "B": Counting()}
    job = examine([["a"]], plugins)
    first = next(job)
    assert (first.detail, first.percent, plugins["A"].calls) == ("A", 0, [])
    second = next(job)
    assert (second.detail, second.percent) == ("B", 50)
    assert plugins["A"].calls == [("a",)]


@pytest.mark.parametrize(("steps", "asked"), [(1, []), (2, ["A"]), (3, ["A", "B"])])
def test_cancel_between_plugins(steps, asked):
    plugins = {name: Counting() for name in "ABC"}
    job = examine([["a"]], plugins)
    for _ in range(steps):
        next(job)
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    assert end.value.value.cancelled
    assert [name for name, plugin in plugins.items() if plugin.calls] == asked


def test_old_plugins_are_asked_by_the_old_name():
    assert [item.confidence for item in ask(Legacy(), [["a"], ["b"]])] == [0.8, 0.8]


def test_an_empty_answer_is_not_asked_for_twice():
    plugin = Counting(answers=[])
    assert ask(plugin, [["a"]]) == []
    assert plugin.calls == [("a",)]


def test_cache_is_by_the_order_of_files_and_holds_empty_answers():
    plugin = Counting(answers=[])
    plugin.examineForImport([["a", "b"], ["a", "b"], ["b", "a"]])
    assert plugin.calls == [("a", "b"), ("b", "a")]
    assert plugin.getCachedLoadables(["a", "b"]) == []
    assert plugin.getCachedLoadables(["c"]) is None
    assert plugin.hashFiles(["ab", "c"]) == plugin.hashFiles(["a", "bc"])  # the paths are just joined
    assert plugin.hashFiles(["a", "b"]) != plugin.hashFiles(["b", "a"])


def test_cached_loadables_are_the_same_objects():
    plugin = Counting()
    assert plugin.examineForImport([["a"]]) == plugin.examineForImport([["a"]])


def test_last_plugin_that_selects_an_object_gets_it():
    shared, own = loadable("a", chosen=True), loadable("b", chosen=True)
    first, second = Counting(), Counting()
    assert selected({first: [shared, own], second: [shared, loadable("c")]}) == [
        (second, shared),
        (first, own),
    ]


def test_repeated_file_sets_within_a_plugin():
    plugin = Counting()
    items = [loadable("a", "b", chosen=True), loadable("b", "a", chosen=True), loadable("a", chosen=True)]
    deselect_repeated({plugin: items})
    assert [item.selected for item in items] == [True, False, True]


class Together(Counting):
    """Its answer depends on all series."""

    def examineForImport(self, fileLists):
        self.calls.append(tuple(map(tuple, fileLists)))
        return []


def test_series_are_examined_one_by_one_where_the_plugin_allows_it():
    each, together = Counting(), Together()
    details = []
    job = examine([["a"], ["b"], ["c"]], {"Each": each, "Together": together})
    report = run(job, lambda progress: details.append(progress.detail))
    assert details == ["Each", "Each", "Each", "Together"]
    assert [item.files for item in report.loadables[each]] == [["a"], ["b"], ["c"]]
    assert together.calls == [(("a",), ("b",), ("c",))]


def test_loadables_of_all_series_are_in_the_order_of_the_plugin():
    class Sorting(Counting):
        def seriesSorter(self, x, y):
            return (x.files > y.files) - (x.files < y.files)

    plugin = Sorting()
    report = run(examine([["b"], ["a"], ["c"]], {"Sorting": plugin}))
    assert [item.files for item in report.loadables[plugin]] == [["a"], ["b"], ["c"]]
