"""What the scheduler tells of a job; in Python it is read through methods, as in Slicer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from DICOMLib.compat.ctkDICOMJobResponseSet import JobType

_ACCESSORS: dict[str, Any] = {
    "jobType": JobType.None_,
    "DICOMLevel": 0,
    "patientID": "",
    "studyInstanceUID": "",
    "seriesInstanceUID": "",
    "sopInstanceUID": "",
    "referenceInserterJobUID": "",
    "connectionName": "",
    "numberOfDataSets": 0,
    "queriedPatientIDs": (),
    "queriedStudyInstanceUIDs": (),
    "queriedSeriesInstanceUIDs": (),
    "queriedSOPInstanceUIDs": (),
    "jobClass": "",
    "JobUID": "",
    "creationDateTime": "",
    "startDateTime": "",
    "completionDateTime": "",
    "runningThreadID": "",
    "logging": "",
    "percent": 0,
}


class ctkDICOMJobDetail:
    """A snapshot of a job; `name()` reads and `setName(value)` sets each value."""

    def __init__(self, **values: Any) -> None:
        self._values = {**_ACCESSORS, **values}
        unknown = self._values.keys() - _ACCESSORS.keys()
        if unknown:
            raise TypeError(f"ctkDICOMJobDetail has no {', '.join(sorted(unknown))}")

    if TYPE_CHECKING:  # the accessors are made below

        def __getattr__(self, name: str) -> Callable[..., Any]: ...


def _getter(name: str) -> Callable[[ctkDICOMJobDetail], Any]:
    def get(self: ctkDICOMJobDetail) -> Any:
        value = self._values[name]
        return list(value) if isinstance(value, tuple) else value

    get.__name__, get.__doc__ = name, f"Value of {name}."
    return get


def _setter(name: str) -> Callable[[ctkDICOMJobDetail, Any], None]:
    def set_value(self: ctkDICOMJobDetail, value: Any) -> None:
        self._values[name] = tuple(value) if isinstance(value, list) else value

    set_value.__doc__ = f"Set {name}."
    return set_value


for _name in _ACCESSORS:
    setattr(ctkDICOMJobDetail, _name, _getter(_name))
    setattr(ctkDICOMJobDetail, f"set{_name[0].upper()}{_name[1:]}", _setter(_name))


def time_text(moment: datetime | None) -> str:
    """A point of time as details have it: `HH:mm:ss.zzz ddd dd MMM yyyy`."""
    if moment is None:
        return ""
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d} {moment:%a %d %b %Y}"
