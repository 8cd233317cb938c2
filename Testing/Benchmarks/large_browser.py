"""How fast the browsers open a large database, search in it and scroll; `benchmark_window` runs it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from Testing.Benchmarks.benchmark_window import settle


def browser_times(application: Any, folder: Path, instances: int) -> list[str]:
    """Open a large database, search in it, scroll."""
    from DICOMLib.database import Database
    from DICOMLib.widgets.browsing.browser import ctkDICOMBrowser
    from Testing.Benchmarks import benchmark_queries

    with Database.open(folder) as database:
        if database.counts()[3] != instances:
            benchmark_queries.fill(database, instances)
    browser = ctkDICOMBrowser()
    browser.resize(1200, 800)
    browser.show()
    settle(application)
    start = time.perf_counter()
    browser.setDatabaseDirectory(str(folder))
    settle(application)
    lines = [f"open {instances} instances in the browser: {time.perf_counter() - start:.2f} s (limit 1 s)"]
    tables = browser.dicomTableManager()

    def timed(step: Callable[[], object]) -> float:
        begin = time.perf_counter()
        step()
        settle(application)
        return (time.perf_counter() - begin) * 1e3

    table = tables.seriesTable()
    steps = [timed(lambda text=text: table.setFilterText(text)) for text in ("1", "1.", "1.2", "1.2.3.1", "")]
    lines.append(f"search box of a table, each letter: {np.median(steps):.0f} ms (limit 100 ms)")
    words = ("N", "Na", "Nam", "Name1", "Name12 Modality:CT", "")
    steps = [timed(lambda text=text: browser.searchEverything(text)) for text in words]
    lines.append(f"box that searches everything, each letter: {np.median(steps):.0f} ms (limit 100 ms)")
    bar = table.tableView().verticalScrollBar()
    steps = [timed(lambda part=part: bar.setValue(bar.maximum() * part // 50)) for part in range(50)]
    lines.append(
        f"scroll by a fiftieth of {table.tableView().model().rowCount()} series: {np.median(steps):.0f} ms"
    )
    lines.append(f"select all patients with all below them: {timed(tables.patientsTable().selectAll):.0f} ms")
    browser.close()
    browser.database().closeDatabase()
    return [*lines, *visual_times(application, folder)]


def visual_times(application: Any, folder: Path) -> list[str]:
    """Open the same database in the visual browser, and filter in it."""
    from DICOMLib.widgets import ctkDICOMVisualBrowserWidget

    visual = ctkDICOMVisualBrowserWidget()
    visual.resize(1200, 800)
    visual.show()
    settle(application)
    start = time.perf_counter()
    visual.setDatabaseDirectory(str(folder))
    settle(application)
    lines = [f"open it in the visual browser: {time.perf_counter() - start:.2f} s (limit 1 s)"]
    letters = []
    for text in ("1", "12", "123", ""):
        begin = time.perf_counter()
        visual.filterBar.patientID.setText(text)
        visual._pause.stop()
        visual._filter()
        settle(application)
        letters.append((time.perf_counter() - begin) * 1e3)
    lines.append(f"filter of the visual browser, each letter: {np.median(letters):.0f} ms (limit 100 ms)")
    visual.onClose()
    visual.close()
    visual.dicomDatabase().closeDatabase()
    return lines
