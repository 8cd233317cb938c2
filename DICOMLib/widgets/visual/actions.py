"""What can be done with patients, studies and series in the visual browser, and the menus that offer it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import QPoint, SignalInstance

from DICOMLib.widgets.browsing.selection_actions import SelectionActions
from DICOMLib.widgets.visual.selection import VisualSelection
from DICOMLib.widgets.visual.series_tiles import SeriesTile
from DICOMLib.widgets.visual.study_card import StudyCardWidget


class VisualActions(VisualSelection):
    """Methods of the visual browser that do something with what is chosen."""

    _database: Any
    _actions: SelectionActions
    _tile: SeriesTile
    deleteActionVisible: bool
    sendActionVisible: bool
    sendRequested: SignalInstance
    showMetadata: Callable[[Sequence[str]], None]  # of DatabaseBrowser

    def load_series(self, series: Sequence[str]) -> None:
        """Have series loaded."""
        raise NotImplementedError

    def retrieve(self, series: Sequence[str]) -> bool:
        """Get series from the servers."""
        raise NotImplementedError

    def _repaint_tiles(self) -> None:
        raise NotImplementedError

    def load(self) -> None:
        """Ask whoever listens to load the chosen series, after retrieving those that have no files yet."""
        chosen = self.selectedSeries()
        if chosen:
            self.load_series(chosen)

    def onLoad(self) -> None:
        """The same, by the name of CTK's slot."""
        self.load()

    def showLoaded(self, uids: Sequence[str]) -> None:
        """Mark series as loaded."""
        self._tile.loaded.update(uids)
        self._database.loadedSeriesInstanceUIDs = sorted(self._tile.loaded)
        self._repaint_tiles()

    def _show_patient_menu(self, at: QPoint) -> None:
        uid = self.patientList.current()
        patient = self._shown.get(uid)
        if patient is not None:
            series = [one.uid for study in patient.studies for one in study.series]
            self.contextMenu("Patients", [uid], series).popup(at)

    def _show_menu(self, card: StudyCardWidget, level: str, at: QPoint) -> None:
        if card.study is None:
            return
        series = self.selectedSeries() if level == "Series" else [one.uid for one in card.study.series]
        uids = series if level == "Series" else [card.study.uid]
        if uids:
            self.contextMenu(level, uids, series).popup(at)

    def contextMenu(self, level: str, uids: Sequence[str], series: Sequence[str]) -> Any:
        """Menu for patients, studies or series; `series` are those of them that are shown."""
        act: dict[str, Any] = {
            "load": lambda: self.load_series(list(series)),
            "retrieve": lambda: self.retrieve(list(series)),
            "metadata": lambda: self.showMetadata(self._files_of(series)),
            "export": lambda: self._actions.chooseFolderAndExport(series),
            "deidentify": lambda: self._actions.deidentify(series),
        }
        if self.deleteActionVisible:
            act["remove"] = lambda: self._actions.askAndRemove(level, uids, always_ask=True)
        if self.sendActionVisible:
            act["send"] = lambda: self.sendRequested.emit(self._files_of(series))
        return self._actions.menu(level, uids, act)

    def _files_of(self, series: Sequence[str]) -> list[str]:
        return [path for uid in series for path in self._database.filesForSeries(uid) if path]
