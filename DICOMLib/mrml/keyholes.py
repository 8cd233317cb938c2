"""Outlines with holes as one loop: each hole is joined by a channel of no width (PS3.3 C.8.8.6.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

LARGEST_TABLE = 1 << 20


@dataclass(slots=True)
class _Loop:
    """A loop, the point at which it is entered, and the loops that hang on its points."""

    points: np.ndarray
    start: int = 0
    hanging: dict[int, list[_Loop]] = field(default_factory=dict)


def joined_with_holes(outline: np.ndarray, holes: Sequence[np.ndarray]) -> np.ndarray:
    """One loop that goes around the outline and, through channels, around each hole.

    The nearest hole is joined first, to the outline or to a hole that is joined already; so a channel never
    leads through another hole.

    Parameters
    ----------
    outline
        Shape (points, 2), the first point not repeated.
    holes
        As the outline.
    """
    root = _Loop(outline)
    if holes:
        _hang_up(root, [_Loop(hole) for hole in holes])
    return np.array(list(_walk(root)))


def _hang_up(root: _Loop, holes: list[_Loop]) -> None:
    """Hang each hole on the nearest point of what is joined already."""
    owner = np.repeat(np.arange(len(holes)), [len(hole.points) for hole in holes])
    inside = np.concatenate([np.arange(len(hole.points)) for hole in holes])
    points = np.concatenate([hole.points for hole in holes])
    distance = np.full(len(points), np.inf)
    nearest_loop = np.zeros(len(points), int)  # number of a hole, or that of the root behind them
    nearest_point = np.zeros(len(points), int)
    loops = [*holes, root]
    added = len(holes)
    for _ in holes:
        squares, places = _nearest(points, loops[added].points)
        closer = squares < distance
        distance[closer], nearest_point[closer], nearest_loop[closer] = squares[closer], places[closer], added
        best = int(distance.argmin())
        added = int(owner[best])
        loops[added].start = int(inside[best])
        parent = loops[nearest_loop[best]]
        parent.hanging.setdefault(int(nearest_point[best]), []).append(loops[added])
        waiting = owner != added
        owner, inside, points = owner[waiting], inside[waiting], points[waiting]
        distance, nearest_loop, nearest_point = (
            distance[waiting],
            nearest_loop[waiting],
            nearest_point[waiting],
        )


def _nearest(points: np.ndarray, to: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared distance and number of the nearest of some points, for each of others."""
    squares, places = np.empty(len(points)), np.empty(len(points), int)
    rows = max(1, LARGEST_TABLE // len(to))
    for first in range(0, len(points), rows):
        part = points[first : first + rows]
        distances = (part[:, None, 0] - to[:, 0]) ** 2 + (part[:, None, 1] - to[:, 1]) ** 2
        places[first : first + rows] = distances.argmin(axis=1)
        squares[first : first + rows] = distances.min(axis=1)
    return squares, places


def _walk(root: _Loop) -> Iterator[np.ndarray]:
    """The points in order; where loops hang on a point it is visited again after each of them."""
    stack = [_steps(root, closed=False)]
    while stack:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
        elif isinstance(step, _Loop):
            stack.append(_steps(step, closed=True))
        else:
            yield step


def _steps(loop: _Loop, *, closed: bool) -> Iterator[np.ndarray | _Loop]:
    """The points of a loop from its start, and the loops that hang on them."""
    count = len(loop.points)
    for offset in range(count):
        place = (loop.start + offset) % count
        yield loop.points[place]
        for hanging in loop.hanging.get(place, ()):
            yield hanging
            yield loop.points[place]
    if closed:
        yield loop.points[loop.start]
