"""The levels of a database by Slicer's numbers."""

from __future__ import annotations

from enum import IntEnum


class IndexType(IntEnum):
    """What a row stands for."""

    RootType = 0
    PatientType = 1
    StudyType = 2
    SeriesType = 3
    ImageType = 4


class ctkDICOMModel:
    """Names of the levels, as scripts write them: `ctkDICOMModel.SeriesType`."""

    IndexType = IndexType
    RootType = IndexType.RootType
    PatientType = IndexType.PatientType
    StudyType = IndexType.StudyType
    SeriesType = IndexType.SeriesType
    ImageType = IndexType.ImageType
