"""Series of several volumes at one place: which frames make one volume, and what tells the volumes apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from DICOMLib.mrml.volumes.sequence import Index, are_distinct
from DICOMLib.standard.geometry import GeometryKind, judge_slices, same_orientation, slice_distances

SAME_PLACE_MM = 0.01
# Distances of slices that differ by more are told of.
UNEVEN_MM = 0.1
MIN_VOLUMES, MIN_SLICES = 2, 2


@dataclass(frozen=True, slots=True)
class Slice:
    """A single-frame file or a frame of a file, as far as it takes to put it into a volume.

    Parameters
    ----------
    source
        What the caller knows it by.
    position, orientation
        Image Position and Image Orientation (Patient), LPS.
    order
        By which slices at one place are put in order when no value tells them apart: instance number, say.
    values
        By name of a criterion, such as "TriggerTime"; what is absent is left out.
    """

    source: Any
    position: np.ndarray
    orientation: np.ndarray
    order: tuple[float, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VolumeGroups:
    """Volumes in their order.

    Parameters
    ----------
    volumes
        The slices of each, along their normal.
    index
        What tells the volumes apart.
    index_values
        Its value for each volume.
    left_out
        Slices of volumes that are incomplete.
    """

    volumes: list[list[Slice]]
    index: Index
    index_values: list[float]
    left_out: int = 0

    @property
    def fault(self) -> str:
        """What is wrong with the places of the slices, which become even ones; empty if nothing is."""
        slices = self.volumes[0]
        positions = np.array([one.position for one in slices])
        orientations = np.array([one.orientation for one in slices])
        verdict = judge_slices(positions, orientations, UNEVEN_MM)
        return verdict.text if verdict.kind in (GeometryKind.MISSING, GeometryKind.UNEVEN) else ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """An attribute that tells volumes of a series apart.

    Parameters
    ----------
    name
        Keyword of the Standard.
    index
        How it is shown.
    factor
        From the unit of the attribute to that of the index.
    is_clock
        Whether slices of one volume may have different values, which advance from volume to volume.
    """

    name: str
    index: Index
    factor: float = 1.0
    is_clock: bool = False


CRITERIA = (
    Criterion("DiffusionBValue", Index("b-value", "s/mm^2")),
    Criterion("TriggerTime", Index("TriggerTime", "ms")),
    Criterion("EchoTime", Index("EchoTime", "ms")),
    Criterion("FlipAngle", Index("FlipAngle", "degree")),
    Criterion("InversionTime", Index("InversionTime", "ms")),
    Criterion("AcquisitionTime", Index("time", "s"), is_clock=True),
    Criterion("FrameReferenceTime", Index("time", "s"), 0.001, is_clock=True),
    Criterion("ContentTime", Index("time", "s"), is_clock=True),
)
# They put volumes in order, but say nothing about how far apart they are.
ORDERS = ("TemporalPositionIdentifier", "TemporalPositionIndex")
# Slices of one volume may be triggered or taken one after the other.
VARIES_WITHIN_VOLUME = {"TriggerTime", *(one.name for one in CRITERIA if one.is_clock)}
# Values that are nearer to each other, as a part of them, may be of one volume.
SAME_VALUE = 0.02


def group_volumes(slices: Sequence[Slice], kind: Callable[[Slice], Any] | None = None) -> VolumeGroups | None:
    """Divide slices that lie at the same places several times into volumes.

    Parameters
    ----------
    slices
        In any order.
    kind
        What the slices of a volume have in common, and volumes are put in order by; by default, what tells
        the slices at one place apart. If it is given, the volumes are counted, and their index says nothing
        else.

    Returns
    -------
    VolumeGroups or None
        None if the slices are no such series: of several orientations, each place only once, places that
        are there more often than others (a volume that is not complete is left out).
    """
    places = repeated_places(slices)
    if not places:
        return None
    volumes = _volumes_of_kinds(places, kind) if kind is not None else _volumes_by_values(places)
    count = len(volumes)
    if count < MIN_VOLUMES:
        return None
    left_out = len(slices) - count * len(places)
    if kind is not None:
        return VolumeGroups(volumes, Index(), [float(number) for number in range(count)], left_out)
    return _by_index(volumes, left_out)


def _by_index(volumes: list[list[Slice]], left_out: int = 0) -> VolumeGroups:
    """Volumes in the order of what tells them apart."""
    index, values = _index(volumes)
    if index.is_numeric and values != sorted(values):
        ascending = sorted(range(len(volumes)), key=lambda number: values[number])
        volumes, values = [volumes[number] for number in ascending], sorted(values)
    return VolumeGroups(volumes, index, values, left_out)


def one_volume(slices: Sequence[Slice]) -> VolumeGroups | None:
    """Slices, in any order, as one volume; None if they do not lie one behind the other."""
    places = _places(slices)
    if len(places) < max(MIN_SLICES, len(slices)):
        return None
    return VolumeGroups([[one for (one,) in places]], Index(), [0.0])


def one_slice_over_time(slices: Sequence[Slice]) -> VolumeGroups | None:
    """Slices at one place as volumes of one slice each; None unless they tell which is the first, the second.

    Without it, they may be anything that a scanner keeps of one slice.
    """
    if len(slices) < MIN_VOLUMES or len(_places(slices)) > 1 or not _have_one_orientation(slices):
        return None
    name = next((name for name in ORDERS if _tells_apart([slices], name)), None)
    if name is None:
        return None
    volumes = [[one] for one in sorted(slices, key=lambda one: one.values[name])]
    return _by_index(volumes)


def repeated_places(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Slices by place, along the normal; empty if no values could make several volumes of them."""
    if len(slices) < MIN_VOLUMES * MIN_SLICES:
        return []
    if not _have_one_orientation(slices):
        return []
    places = _places(slices)
    times = [len(place) for place in places]
    if len(places) < MIN_SLICES or min(times) < MIN_VOLUMES or max(times) - min(times) > 1:
        return []
    return places


def _have_one_orientation(slices: Sequence[Slice]) -> bool:
    """Whether all slices are parallel."""
    first = slices[0].orientation
    return all(one.orientation is first or same_orientation(one.orientation, first) for one in slices)


def _places(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Slices by place, along the normal."""
    positions = np.array([one.position for one in slices])
    distances = slice_distances(positions, slices[0].orientation)
    places: list[list[Slice]] = []
    last = -np.inf
    for number in np.argsort(distances, kind="stable"):
        if distances[number] - last > SAME_PLACE_MM:
            places.append([])
            last = distances[number]
        places[-1].append(slices[number])
    return places


def _volumes_of_kinds(places: Sequence[Sequence[Slice]], kind: Callable[[Slice], Any]) -> list[list[Slice]]:
    """Volumes of slices of one kind; where a place has one less of a kind, so have all others."""
    of_places: list[dict[Any, list[Slice]]] = []
    for place in places:
        of_places.append({})
        for one in sorted(place, key=lambda one: one.order):
            of_places[-1].setdefault(kind(one), []).append(one)
    kinds = sorted(set.intersection(*(set(of_place) for of_place in of_places)))
    return [
        [of_place[one][number] for of_place in of_places]
        for one in kinds
        for number in range(min(len(of_place[one]) for of_place in of_places))
    ]


def _volumes_by_values(places: Sequence[Sequence[Slice]]) -> list[list[Slice]]:
    """Volumes by the first criterion that tells apart the slices at each place, else by their order."""
    names = (*ORDERS, *(one.name for one in CRITERIA))
    name = next((name for name in names if _tells_apart(places, name)), None)
    if name is None:
        ordered = [sorted(place, key=lambda one: one.order) for place in places]
        count = min(len(place) for place in places)
        return [[place[number] for place in ordered] for number in range(count)]
    if _has_fixed_values(places, name):
        return _volumes_of_kinds(places, lambda one: one.values[name])
    ordered = [sorted(place, key=lambda one: one.values[name]) for place in places]
    return _aligned([(place, [one.values[name] for one in place]) for place in ordered])


def _has_fixed_values(places: Sequence[Sequence[Slice]], name: str) -> bool:
    """Whether the slices of a volume have one value, so that it tells which volume a slice is of."""
    values = sorted({one.values[name] for place in places for one in place})
    if name in ORDERS or len(values) == max(len(place) for place in places):
        return True
    if name in VARIES_WITHIN_VOLUME:
        return False
    gaps = np.diff(values)
    return bool((gaps > SAME_VALUE * np.abs(values[1:])).all())


def _aligned(places: Sequence[tuple[list[Slice], list[float]]]) -> list[list[Slice]]:
    """Volumes of slices whose values advance from volume to volume, but differ within them.

    Where a place has a slice less, it is that of the volume without which its values are nearest to those of
    the complete places; this volume is left out.
    """
    count = max(len(values) for _, values in places)
    usual = np.median([values for _, values in places if len(values) == count], axis=0)
    lacking = []
    for _, values in places:
        away = (
            [float(np.abs(np.delete(usual, number) - values).sum()) for number in range(count)]
            if (len(values) < count)
            else []
        )
        lacking.append(count - 1 - int(np.argmin(away[::-1])) if away else count)
    return [
        [place[number - (number > lack)] for (place, _), lack in zip(places, lacking, strict=True)]
        for number in range(count)
        if number not in lacking
    ]


def _tells_apart(places: Sequence[Sequence[Slice]], name: str) -> bool:
    """Whether all slices have a value, and no two at one place the same."""
    return all(
        all(name in one.values for one in place) and len({one.values[name] for one in place}) == len(place)
        for place in places
    )


def _index(volumes: Sequence[Sequence[Slice]]) -> tuple[Index, list[float]]:
    """What tells the volumes apart: a value that each has, else a clock, else the number."""
    for criterion in CRITERIA:
        values = _values_of_volumes(volumes, criterion)
        if values is None:
            continue
        first = min(values) if criterion.index.name == "time" else 0.0
        values = [(value - first) * criterion.factor for value in values]
        if are_distinct(values):
            return criterion.index, values
    return Index(), [float(number) for number in range(len(volumes))]


def _values_of_volumes(volumes: Sequence[Sequence[Slice]], criterion: Criterion) -> list[float] | None:
    """One value for each volume; None if slices lack it, or do not agree where they must."""
    found = []
    for volume in volumes:
        values = {one.values.get(criterion.name) for one in volume}
        if None in values or (len(values) > 1 and not criterion.is_clock):
            return None
        found.append(min(value for value in values if value is not None))
    return found
