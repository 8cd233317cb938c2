"""Which slices make one volume: slices in any order, some of them missing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from DICOMLib.mrml.images.volume_groups import Slice, group_volumes, one_slice_over_time

pytestmark = pytest.mark.mrml

AXIAL = np.array([1.0, 0, 0, 0, 1, 0])


def slices_of(count, places, values, without=()):
    """Slice "t.k" is that of volume t at place k; `values(t, k)` are by criterion."""
    return [
        Slice(f"{t}.{k}", np.array([0.0, 0, 2.0 * k]), AXIAL, (float(t * places + k),), values(t, k))
        for t in range(count)
        for k in range(places)
        if (t, k) not in without
    ]


def names(groups) -> list[list[str]]:
    return [[one.source for one in volume] for volume in groups.volumes]


def volume(t, places=3) -> list[str]:
    return [f"{t}.{k}" for k in range(places)]


def test_all_orders_of_the_slices():
    slices = slices_of(2, 3, lambda t, k: {"EchoTime": 5.0 + 10 * t})
    for order in itertools.permutations(slices):
        groups = group_volumes(order)
        assert groups is not None
        assert names(groups) == [volume(0), volume(1)]
        assert groups.index_values == [5, 15]


@pytest.mark.parametrize("lacking", [0, 1, 2])
@pytest.mark.parametrize(
    "values",
    [
        lambda t, k: {"EchoTime": 5.0 + 10 * t},
        lambda t, k: {"TemporalPositionIdentifier": t + 1.0},
        # 3 slices in 6 s, one after the other
        lambda t, k: {"AcquisitionTime": 36000.0 + 6 * t + 2 * k},
        lambda t, k: {"TriggerTime": 100.0 * t + 10 * k},
    ],
)
def test_a_volume_without_one_slice_is_left_out_wherever_it_is(values, lacking):
    groups = group_volumes(slices_of(3, 3, values, without=[(lacking, 1)]))
    assert groups is not None
    assert names(groups) == [volume(t) for t in range(3) if t != lacking]
    assert groups.left_out == 2


def test_volumes_that_lack_slices_at_several_places():
    """Of five echoes, two lack a slice each: no other slice takes its place."""
    groups = group_volumes(slices_of(5, 3, lambda t, k: {"EchoTime": 5.0 + 10 * t}, without=[(1, 0), (3, 2)]))
    assert groups is not None
    assert names(groups) == [volume(0), volume(2), volume(4)]
    assert groups.index_values == [5, 25, 45]
    assert groups.left_out == 4


def test_every_place_lacks_another_echo():
    groups = group_volumes(slices_of(4, 2, lambda t, k: {"EchoTime": 5.0 + 10 * t}, without=[(1, 0), (2, 1)]))
    assert groups is not None
    assert names(groups) == [volume(0, 2), volume(3, 2)]


@pytest.mark.parametrize(
    ("heights", "fault"),
    [
        ([0, 2, 4, 6], ""),
        ([0, 2.05, 4, 6], ""),
        ([0, 2, 6, 8], "1 slice is missing, after slice 2."),
        ([0, 2, 4.9, 7], "Slice distances vary from 2 to 2.9 mm."),
    ],
)
def test_slices_that_are_not_even_are_told_of(heights, fault):
    slices = [
        Slice(f"{t}.{k}", np.array([0.0, 0, z]), AXIAL, (float(t),))
        for t in range(2)
        for k, z in enumerate(heights)
    ]
    groups = group_volumes(slices)
    assert groups is not None
    assert groups.fault == fault


def test_values_that_hardly_differ_are_of_one_volume():
    echo_times = {(0, 0): 5.0, (0, 1): 5.01, (0, 2): 5.0, (1, 0): 15.0, (1, 1): 15.0, (1, 2): 15.02}
    groups = group_volumes(slices_of(2, 3, lambda t, k: {"EchoTime": echo_times[t, k]}))
    assert groups is not None
    assert names(groups) == [volume(0), volume(1)]
    assert groups.left_out == 0


def test_kinds_with_repetitions():
    """Two of kind 0 and one of kind 1 at each place; nothing else takes the place of the one of kind 1."""
    kinds = {0: 0, 1: 0, 2: 1}
    slices = slices_of(3, 3, lambda t, k: {})
    groups = group_volumes(slices, lambda one: kinds[int(one.source[0])])
    assert groups is not None
    assert names(groups) == [volume(0), volume(1), volume(2)]
    groups = group_volumes(
        [one for one in slices if one.source != "0.1"], lambda one: kinds[int(one.source[0])]
    )
    assert groups is not None
    assert names(groups) == [["0.0", "1.1", "0.2"], volume(2)]
    groups = group_volumes(
        [one for one in slices if one.source != "2.1"], lambda one: kinds[int(one.source[0])]
    )
    assert groups is not None
    assert names(groups) == [volume(0), volume(1)]


def test_one_volume_that_is_complete_is_no_sequence():
    assert group_volumes(slices_of(2, 3, lambda t, k: {"EchoTime": 5.0 + t}, without=[(1, 1)])) is None


def test_one_slice_at_times_that_are_counted():
    slices = slices_of(
        3, 1, lambda t, k: {"TemporalPositionIdentifier": 3.0 - t, "ContentTime": 40.0 - 10 * t}
    )
    groups = one_slice_over_time(slices)
    assert groups is not None
    assert names(groups) == [["2.0"], ["1.0"], ["0.0"]]
    assert (groups.index.name, groups.index_values, groups.fault) == ("time", [0, 10, 20], "")


@pytest.mark.parametrize(
    "slices",
    [
        slices_of(3, 1, lambda t, k: {"ContentTime": 10.0 * t}),
        slices_of(3, 1, lambda t, k: {"TemporalPositionIdentifier": 1.0}),
        slices_of(1, 3, lambda t, k: {"TemporalPositionIdentifier": k + 1.0}),
        slices_of(1, 1, lambda t, k: {"TemporalPositionIdentifier": 1.0}),
    ],
)
def test_slices_that_are_no_times_of_one_slice(slices):
    assert one_slice_over_time(slices) is None
