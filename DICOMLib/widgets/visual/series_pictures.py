"""The pictures of series: made in the background when they are seen, kept in the database's folder."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QPixmap

from DICOMLib.database import storage
from DICOMLib.widgets.visual.remote_pictures import RemotePictures
from DICOMLib.widgets.visual.thumbnails import KEPT_SIDE, PictureMaker, PictureOrder, pixmap_of

if TYPE_CHECKING:
    from DICOMLib.web.exchange import Target

# Objects without an image of their own to show (as in CTK).
WITHOUT_PICTURE = frozenset(
    (
        *("SEG", "SR", "RTSTRUCT", "RTPLAN", "RTDOSE", "RTRECORD", "PR", "DOC", "REG", "PLAN", "FID"),
        *("KO", "RWV", "AU", "ECG", "EPS", "HD", "RESP"),
    )
)
KEPT_PIXMAPS = 1000
INSTANCE_NUMBER = "0020,0013"
AWAY = " at a server"  # behind the UID of a series that is not here


class SeriesPictures(QObject):
    """Gives pixmaps of series; `changed(uid)` tells that one was made, or with "" that all were forgotten."""

    changed = Signal(str)

    def __init__(self, database: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = database
        self._pictures: OrderedDict[str, Any] = OrderedDict()
        self._pixmaps: OrderedDict[tuple[str, int], QPixmap] = OrderedDict()
        self._asked: set[str] = set()
        self._maker = PictureMaker(self)
        self._maker.made.connect(self._take)
        self._remote = RemotePictures()
        self._remote_maker = PictureMaker(self, waits=False, at_rest=self._remote.close)
        self._remote_maker.made.connect(self._take)
        self.serversOf: Callable[[str], Sequence[Target]] = lambda _series: ()
        self.ratio = 1.0

    def pixmap(self, series: str, modality: str, side: int, is_here: bool = True) -> QPixmap | None:
        """The picture of a series in a square; a null pixmap if there is none, None while it is made.

        That of a series that is not here comes from a server that has it.
        """
        if modality in WITHOUT_PICTURE:
            return QPixmap()
        uid = series if is_here else f"{series}{AWAY}"
        if uid not in self._pictures:
            return None if uid in self._asked or self._ask(uid, series, is_here) else QPixmap()
        picture = self._pictures[uid]
        if picture is None:
            return QPixmap()
        key = uid, side
        if key not in self._pixmaps:
            self._pixmaps[key] = pixmap_of(picture, side, self.ratio)
            if len(self._pixmaps) > KEPT_PIXMAPS:
                self._pixmaps.popitem(last=False)
        return self._pixmaps[key]

    def _ask(self, uid: str, series: str, is_here: bool) -> bool:
        """Have a picture made; False if there is nobody who could."""
        if is_here:
            self._asked.add(uid)
            self._maker.make(uid, lambda: self._order(series))
            return True
        servers = self.serversOf(series)
        if servers:
            self._asked.add(uid)
            study = self._database.studyForSeries(series)
            self._remote_maker.make(uid, lambda: self._remote.picture(servers, study, series))
        return bool(servers)

    def forget(self) -> None:
        """Another database is shown, or files have changed."""
        self._maker.forget()
        self._remote_maker.forget()
        for known in (self._asked, self._pictures, self._pixmaps):
            known.clear()
        self.changed.emit("")  # what shows that it waits for one shall ask again

    def stop(self) -> None:
        """The window goes away; what is seen again later asks again."""
        for maker in (self._remote_maker, self._maker):
            self._asked.difference_update(maker.forget())
            maker.stop()

    def forgetWaiting(self) -> bool:
        """Ask servers for no picture that has not been begun; whether there was one.

        What is seen asks again when it is painted.
        """
        waiting = self._remote_maker.forget()
        self._asked.difference_update(waiting)
        return bool(waiting)

    def _take(self, uid: str, picture: Any) -> None:
        if uid in self._asked:
            self._pictures[uid] = picture
            if len(self._pictures) > KEPT_PIXMAPS:
                gone, _picture = self._pictures.popitem(last=False)
                self._asked.discard(gone)
            self.changed.emit(uid.removesuffix(AWAY))

    def _order(self, uid: str) -> PictureOrder | None:
        """The middle instance of a series by number; runs in the worker thread."""
        core = self._database.core
        if core is None:
            return None
        rows = core.rows("instances", SeriesInstanceUID=uid)
        if not rows:
            return None
        sops = [str(row["SOPInstanceUID"]) for row in rows]
        numbers = core.values(sops, [INSTANCE_NUMBER])
        order = sorted(range(len(rows)), key=lambda i: (_number(numbers.get(sops[i])), i))
        row = rows[order[len(order) // 2]]
        path = core.absolute_path(row["Filename"] or "")
        if not path:
            return None
        study = self._database.studyForSeries(uid)
        short = self._database.useShortStoragePath
        folder = core.folder
        kept = (
            storage.thumbnail_path(folder, study, uid, row["SOPInstanceUID"], short=short) if folder else ""
        )
        return PictureOrder(path, KEPT_SIDE, kept)


def _number(values: Any) -> int:
    text = str((values or {}).get(INSTANCE_NUMBER, "") or "")
    return int(text) if text.lstrip("-").isdigit() else 0
