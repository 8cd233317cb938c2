"""Masks as closed planar contours that, filled again, give back exactly the same voxels.

All points of a slice are linked at once: each lies between a voxel inside and its neighbour outside, and has
one that follows it, so that the loops are the cycles of a permutation. Time grows with the number of points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from DICOMLib.writing.geometry import SliceGeometry

SAME_DIRECTION = 1e-9
# How far below the centres of a row a channel runs: no voxel has its centre on it.
CHANNEL = 0.25


def contours_of_mask(mask: np.ndarray, slices: SliceGeometry) -> Iterator[list[np.ndarray]]:
    """The outlines of a mask, slice by slice.

    An outline runs half-way between the centres of a voxel inside and its neighbour outside. Holes are
    joined to it by a channel of no width (PS3.3 C.8.8.6.3, "keyhole"), since not every program knows that
    an inner contour is a hole. Voxels that touch at a corner only have outlines of their own.

    Parameters
    ----------
    mask
        Boolean, (slices, rows, columns).
    slices
        Where its slices lie.

    Yields
    ------
    list of numpy.ndarray
        For each slice that has voxels its contours, each (points, 3), mm, the first point not repeated.
    """
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        points, starts = _outlines(mask[index])
        plane = slices.plane(int(index))
        axes = plane[:6].reshape(2, 3) * plane[[7, 6], None]
        yield np.split(slices.positions_lps[index] + points @ axes, starts[1:])


def _outlines(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (column, row) of all outlines of a slice, one after the other, and where each begins."""
    edges = _edges_of(mask)
    places, following = _with_channels(edges, _successors(edges))
    order, starts = _cycles(following)
    keeps = _turns(places, following)[order]
    return places[order][keeps], np.concatenate([[0], np.cumsum(keeps)])[starts]


@dataclass(frozen=True, slots=True)
class _Edges:
    """The pairs of neighbours of which one is inside; each is a point of an outline.

    Parameters
    ----------
    inside
        The mask with a margin of one voxel.
    across, down
        Number of the pair of a voxel and that on its right, or below it; -1 if both are alike. Pairs
        across come first, row by row.
    places
        Column and row of the points.
    """

    inside: np.ndarray
    across: np.ndarray
    down: np.ndarray
    places: np.ndarray


def _edges_of(mask: np.ndarray) -> _Edges:
    inside = np.pad(mask.astype(bool), 1)
    differs_across, differs_down = inside[:, 1:] != inside[:, :-1], inside[1:] != inside[:-1]
    rows, columns = np.nonzero(differs_across)
    rows_down, columns_down = np.nonzero(differs_down)
    across, down = np.full(differs_across.shape, -1), np.full(differs_down.shape, -1)
    across[rows, columns] = np.arange(len(rows))
    down[rows_down, columns_down] = len(rows) + np.arange(len(rows_down))
    places = np.concatenate(
        [np.column_stack([columns - 0.5, rows - 1.0]), np.column_stack([columns_down - 1.0, rows_down - 0.5])]
    )
    return _Edges(inside, across, down, places)


def _successors(edges: _Edges) -> np.ndarray:
    """The point after each one, with the inside on the same hand everywhere.

    Around a square of four voxels, a line comes in where one outside is followed by one inside, and leaves
    where those inside end.
    """
    inside = edges.inside
    corners = (inside[:-1, :-1], inside[:-1, 1:], inside[1:, 1:], inside[1:, :-1])
    sides = (edges.across[:-1], edges.down[:, 1:], edges.across[1:], edges.down[:, :-1])
    following = np.empty(len(edges.places), int)
    for first in range(4):
        second, third, fourth = ((first + steps) % 4 for steps in (1, 2, 3))
        begins = ~corners[first] & corners[second]
        leaves = np.where(
            corners[third], np.where(corners[fourth], sides[fourth], sides[third]), sides[second]
        )
        following[sides[first][begins]] = leaves[begins]
    return following


def _cycles(following: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All points in the order of the loops, and where each loop begins."""
    successor = following.tolist()
    waiting = bytearray(b"\1") * len(successor)
    order: list[int] = []
    starts: list[int] = []
    for first in range(len(successor)):
        if not waiting[first]:
            continue
        starts.append(len(order))
        point = first
        while waiting[point]:
            waiting[point] = 0
            order.append(point)
            point = successor[point]
    return np.array(order, int), np.array(starts, int)


def _with_channels(edges: _Edges, following: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places and successors with a channel from each hole to the loop on its left.

    It runs along a row, from the leftmost point of the hole through voxels inside to the point where they
    begin. That lies further left than all points of the hole, so channels never make a circle.
    """
    ends = _leftmost_of_holes(edges, following)
    begins = ends - 1  # pairs across are numbered row by row
    preceding = np.empty_like(following)
    preceding[following] = np.arange(len(following))
    after_begin, before_end = following[begins], preceding[ends]  # both lie below their row
    count, places = len(following), edges.places
    there, here, back, home = count + np.arange(4 * len(ends)).reshape(4, -1)
    linked = np.concatenate([following, np.empty(4 * len(ends), int)])
    linked[begins], linked[there], linked[here] = there, here, ends
    linked[before_end], linked[back], linked[home] = back, home, after_begin
    at_begin = _below(places[begins], places[after_begin])
    at_end = _below(places[ends], places[before_end])
    return np.concatenate([places, at_begin, at_end, at_end, at_begin]), linked


def _leftmost_of_holes(edges: _Edges, following: np.ndarray) -> np.ndarray:
    """For each hole its leftmost point between neighbours in a row."""
    rows, columns = np.nonzero(edges.across >= 0)
    order, starts = _cycles(following)
    loop = np.empty(len(following), int)
    loop[order] = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(order)))
    by_loop = np.lexsort((columns, loop[: len(columns)]))
    _, firsts = np.unique(loop[by_loop], return_index=True)
    leftmost = by_loop[firsts]
    holes: np.ndarray = leftmost[edges.inside[rows[leftmost], columns[leftmost]]]
    return holes


def _below(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The points on lines from `start` that lie a little below it."""
    points: np.ndarray = start + (end - start) * (CHANNEL / (end[:, 1:] - start[:, 1:]))
    return points


def _turns(places: np.ndarray, following: np.ndarray) -> np.ndarray:
    """Whether each point is needed: those in the middle of straight lines are not."""
    after = places[following] - places
    before = np.empty_like(after)
    before[following] = after
    turns = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > SAME_DIRECTION
    needed: np.ndarray = turns | ((before * after).sum(axis=1) < 0)
    return needed
