"""A thumbnail in the background, by the generator of the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from DICOMLib.compat.ctkDICOMJob import ctkDICOMJob
from DICOMLib.compat.ctkDICOMJobDetail import ctkDICOMJobDetail
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType


class ctkDICOMThumbnailGeneratorJob(ctkDICOMJob):
    """Makes the picture of one instance; it always ends as finished, with or without a picture."""

    PROPERTIES = (*ctkDICOMJob.PROPERTIES, ("dicomFilePath", ""), ("modality", ""))
    dicomFilePath: str
    modality: str

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.maximumNumberOfRetry = 0
        self.database: Any = None

    @property
    def jobType(self) -> JobType:
        """See `ctkDICOMJob`."""
        return JobType.ThumbnailGenerator

    def execute(self, tell: Callable[[Any], None]) -> None:
        """See `ctkAbstractJob`."""
        if self.database is not None:
            self.database.storeThumbnailFile(
                self.dicomFilePath,
                self.studyInstanceUID,
                self.seriesInstanceUID,
                self.sopInstanceUID,
                self.modality,
            )
        detail: ctkDICOMJobDetail = self.toVariant()
        tell(detail)
