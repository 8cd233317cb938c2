"""`DICOMExportScene`: the scene as a data bundle, and the export of the data bundle plugin."""

from __future__ import annotations

import io
import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import slicer
import vtk
from slicer.i18n import tr as _
from vtkmodules.util import numpy_support

from DICOMLib import writing
from DICOMLib.core.errors import DICOMError, ExportError
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.mrml.export_item import (
    file_of_study,
    header_of_study,
    require_new_series,
    study_and_patient,
    tags_to_write,
)
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.plugins.exporters.steps import ROOM_FOR_TEMPORARY_FILES, ExportsInSteps, directory_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


log = logging.getLogger(__name__)

FILE_NAME = "SlicerDataBundle"
DEFAULT_DESCRIPTION = "Slicer Data Bundle"
CONFIDENCE = 0.1
EMPTY_PICTURE = (256, 256, 3)


class DICOMExportScene:
    """Writes the scene as `SlicerDataBundle.dcm`.

    Parameters
    ----------
    referenceFile
        File of the study and patient to which the bundle shall belong.
    saveDirectoryPath
        Where it goes; a temporary folder of its own if None.

    Attributes
    ----------
    sdbFile
        Path of the file that was written.
    imageFile
        JPEG picture to be shown where the scene cannot be; one of the window is made if None.
    seriesDescription
        Of the new series.
    optionalTags
        Tags by keyword; they go over those of the reference file.
    """

    def __init__(self, referenceFile: str | None = None, saveDirectoryPath: str | None = None) -> None:
        self.referenceFile = referenceFile
        self.saveDirectoryPath = saveDirectoryPath
        self.sdbFile: str | None = None
        self.imageFile: str | None = None
        self.seriesDescription = DEFAULT_DESCRIPTION
        self.optionalTags: dict[str, str] = {}

    def export(self) -> bool:
        """Write the file; whether that was done. What went wrong is in the log."""
        folder = self.saveDirectoryPath or tempfile.mkdtemp(
            prefix="DICOMScene-", dir=slicer.app.temporaryPath
        )
        try:
            self.write(Path(folder) / f"{FILE_NAME}.dcm")
        except (DICOMError, OSError) as error:
            log.error("The scene was not exported: %s", error)  # noqa: TRY400 it is an answer
            return False
        return True

    def write(self, path: Path) -> None:
        """Write the file.

        Raises
        ------
        ExportError
            If the scene cannot be saved, or a tag is not valid.
        """
        picture = _picture_of_file(self.imageFile) if self.imageFile else _picture_of_window()
        tags = {"SeriesDescription": self.seriesDescription, **self.optionalTags}
        writing.files.write_dataset(
            writing.scene_bundle.scene_bundle(_archive(), picture, tags, self._header_of_reference()), path
        )
        self.sdbFile = str(path)

    def _header_of_reference(self) -> Dataset | None:
        """Header of the reference file, whose patient and study the bundle has."""
        return read_dataset(self.referenceFile, stop_before_pixels=True) if self.referenceFile else None


class SceneExport(ExportsInSteps):
    """The whole scene becomes one Secondary Capture file."""

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """Offer the scene, whatever the item."""
        tooltip = _("Writes the whole scene as one file, which only Slicer can read.")
        return [self.newExportable(subjectHierarchyItemID, _("Slicer data bundle"), tooltip, CONFIDENCE)]

    def exportOne(self, exportable: Any) -> Job[list[str]]:
        """Write the scene."""
        yield Progress(0, 1, "Saving the scene")
        exporter = DICOMExportScene(file_of_study(exportable))
        exporter.optionalTags = _tags(exportable)
        exporter.write(writing.files.free_path(directory_of(exportable), FILE_NAME))
        return []

    def originOf(self, exportable: Any) -> tuple[Dataset, dict[str, str]] | None:
        """An image of the study, if the database has one."""
        image = header_of_study(exportable)
        return None if image is None else (image, _tags(exportable))


def _tags(exportable: Any) -> dict[str, str]:
    """Tags of patient and study; a scene of another kind of item is written without them."""
    given = {name: value for name, value in exportable.tags.items() if value}
    try:
        study_and_patient(exportable.subjectHierarchyItemID)
    except ExportError:
        require_new_series(given.get("SeriesInstanceUID", ""))
        return given
    return tags_to_write(exportable)


def _archive() -> bytes:
    """The scene as an MRML bundle.

    Raises
    ------
    ExportError
        If it cannot be saved.
    """
    with tempfile.TemporaryDirectory(dir=slicer.app.temporaryPath) as folder:
        path = Path(folder) / "scene.mrb"
        if not slicer.mrmlScene.WriteToMRB(str(path), None, None) or not path.is_file():
            raise ExportError(f"The scene cannot be saved as a bundle. {ROOM_FOR_TEMPORARY_FILES}")
        return path.read_bytes()


def _picture_of_window() -> np.ndarray:
    """The main window; a black picture where there is none."""
    window = slicer.util.mainWindow()
    if window is None or not window.isVisible():
        return np.zeros(EMPTY_PICTURE, np.uint8)
    import qt
    from PIL import Image

    data = qt.QByteArray()
    buffer = qt.QBuffer(data)
    buffer.open(qt.QIODevice.WriteOnly)
    if not window.grab().save(buffer, "PNG"):
        return np.zeros(EMPTY_PICTURE, np.uint8)
    with Image.open(io.BytesIO(bytes(data.data()))) as image:
        return np.asarray(image.convert("RGB"))


def _picture_of_file(path: str) -> np.ndarray:
    """The pixels of a JPEG file, first row on top.

    Raises
    ------
    ExportError
        If it cannot be read.
    """
    reader = vtk.vtkJPEGReader()
    if not Path(path).is_file() or not reader.CanReadFile(path):
        raise ExportError("The picture of the scene cannot be read as JPEG.")
    reader.SetFileName(path)
    reader.Update()
    image = reader.GetOutput()
    columns, rows, _depth = image.GetDimensions()
    scalars = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())  # type: ignore[no-untyped-call]
    pixels: np.ndarray = scalars.reshape(rows, columns, -1)[::-1]
    return pixels if pixels.shape[2] == 3 else np.repeat(pixels[:, :, :1], 3, axis=2)
