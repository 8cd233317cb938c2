"""Layouts: what the scanner remembers of the files before, since those of a series are nearly alike.

The elements of a series have the same tags and VRs, and most of them the same lengths from file to file. A
`Layout` checks a run of such elements by one comparison of all their headers, and takes the wanted values
out by one `struct` call. Elements whose length changes end a run. Where anything differs, nothing is taken,
and the scanner reads element by element; so a layout can make a scan faster but not change its result.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from DICOMLib.indexing.decode import Shape
from DICOMLib.standard.sequences import (
    LONG_VRS,
    SHORT_VRS,
    UNDEFINED,
    Buffer,
    RanOut,
    Unusual,
    explicit_header,
    implicit_header,
    long_length,
    short_length,
    skip_sequence,
)
from DICOMLib.standard.tags import PIXEL_DATA

if TYPE_CHECKING:
    from DICOMLib.indexing.wanted import WantedTags

MAX_VALUE_BYTES = 65536

# Layouts that are tried for each file: series whose files are mixed in one folder.
_KNOWN = 4
# Files with more differing lengths than this are of another series, and get a layout of their own.
_SAME_SERIES = 4
_MAX_VARIABLE = 24


@dataclass(frozen=True, slots=True)
class Element:
    """A top-level element of a file: where header, value and next element begin.

    `signature` must be equal in the next file for it to be of fixed length: the length, or the whole
    content where that has none.
    """

    tag: int
    vr: bytes
    start: int
    value: int
    end: int
    undefined: bool
    signature: int | bytes

    @property
    def shape(self) -> tuple[int, bytes, bool]:
        """What is the same in all files of a layout, whatever the lengths."""
        return self.tag, self.vr, self.undefined


def plain_elements(data: Buffer, position: int, end: int, explicit: bool) -> Iterable[Element]:
    """The elements before the pixel data, as far as they are plain; the scanner has found no fault.

    The first that is not ends it: one of an unknown VR, of a very long value, or that is not all there.
    """
    while position + 8 <= end:
        start = position
        vr, length = b"", 0
        if explicit:
            group, element, vr, length = explicit_header(data, position)
        else:
            group, element, length = implicit_header(data, position)
        tag = group << 16 | element
        position += 8
        if vr in LONG_VRS:
            if position + 4 > end:
                return
            (length,) = long_length(data, position)
            position += 4
        elif explicit and vr not in SHORT_VRS:
            return
        value, undefined = position, length == UNDEFINED
        if tag >= PIXEL_DATA or (length > MAX_VALUE_BYTES and not undefined):
            return
        position += length
        if undefined:
            try:
                position = skip_sequence(data, value, end, explicit and vr != b"UN")
            except (RanOut, Unusual):
                return
        if position > end:
            return
        signature = bytes(data[value:position]) if undefined else length
        yield Element(tag, vr, start, value, position, undefined, signature)


@dataclass(frozen=True, slots=True)
class _Run:
    """Elements of fixed length, and the beginning of the element of variable length behind them.

    Parameters
    ----------
    headers, expected
        A `struct` call that gives all headers, and what it must give.
    values
        A `struct` call that gives the wanted values.
    size
        Bytes to the length field of the variable element, or to the end of the last element.
    length, length_bytes
        How the length field is read; None if there is no variable element, or if it has no defined length.
    walk
        Whether the variable element is a sequence that must be walked.
    explicit_items
        Whether the elements in its items have explicit VRs.
    wanted
        Whether the value of the variable element is taken.
    """

    headers: Callable[[Buffer, int], tuple[bytes, ...]]
    expected: tuple[bytes, ...]
    values: Callable[[Buffer, int], tuple[bytes, ...]]
    size: int
    length: Callable[[Buffer, int], tuple[int]] | None
    length_bytes: int
    walk: bool
    explicit_items: bool
    wanted: bool


class Layout:
    """The elements of the files of one series up to the pixel data."""

    def __init__(
        self,
        data: Buffer,
        elements: Sequence[Element],
        variable: frozenset[int],
        wanted: WantedTags,
    ) -> None:
        self.variable = variable
        self.elements = elements
        self.last_tag = elements[-1].tag
        taken: list[Element] = []
        self._runs = list(self._compiled(data, elements, wanted.numbers, taken))
        tags = [element.tag for element in taken]
        vrs = [element.vr or wanted.implicit_vr(element.tag) for element in taken]
        self.shape = Shape(tags, vrs, wanted.names)

    def _compiled(
        self, data: Buffer, elements: Sequence[Element], wanted: frozenset[int], taken: list[Element]
    ) -> Iterable[_Run]:
        fixed: list[Element] = []
        for element in elements:
            if element.tag in self.variable:
                yield _run(data, fixed, element, wanted)
                taken += [one for one in (*fixed, element) if one.tag in wanted]
                fixed = []
            else:
                fixed.append(element)
        if fixed:
            yield _run(data, fixed, None, wanted)
            taken += [one for one in fixed if one.tag in wanted]

    def follow(self, data: Buffer, position: int, end: int) -> tuple[int, list[bytes]] | None:
        """Position behind the last element, and the value fields of `shape`; None if the file differs.

        Raises
        ------
        RanOut, Unusual
            As `skip_sequence`.
        """
        raws: list[bytes] = []
        try:
            for run in self._runs:
                if run.headers(data, position) != run.expected:
                    return None
                raws += run.values(data, position)
                position += run.size
                if run.length is not None:
                    (length,) = run.length(data, position)
                    position += run.length_bytes
                    if length > MAX_VALUE_BYTES or position + length > end:
                        return None
                    if run.wanted:
                        raws.append(bytes(data[position : position + length]))
                    position += length
                elif run.walk:
                    position = skip_sequence(data, position, end, run.explicit_items)
                    if run.wanted:
                        raws.append(b"")
        except struct.error:  # the data ends inside a run
            raise RanOut(end + 1) from None
        if position > end:
            return None
        return position, raws


def _run(data: Buffer, fixed: Sequence[Element], last: Element | None, wanted: frozenset[int]) -> _Run:
    headers = values = "<"
    expected = []
    begin = fixed[0].start if fixed else last.start if last else 0
    for element in fixed:
        compared = element.end if element.undefined else element.value
        headers += f"{compared - element.start}s{element.end - compared}x"
        expected.append(bytes(data[element.start : compared]))
        size = element.end - element.value
        plain = element.tag in wanted and element.vr != b"SQ" and not element.undefined
        taken = f"{size}s" if plain else f"0s{size}x" if element.tag in wanted else f"{size}x"
        values += f"{element.value - element.start}x{taken}"
    stop = fixed[-1].end if fixed else begin
    length_bytes = 0
    if last is not None:
        length_bytes = 0 if last.undefined else 2 if last.vr in SHORT_VRS else 4
        stop = last.value - length_bytes
        headers += f"{stop - last.start}s"
        expected.append(bytes(data[last.start : stop]))
    return _Run(
        headers=struct.Struct(headers).unpack_from,
        expected=tuple(expected),
        values=struct.Struct(values).unpack_from,
        size=stop - begin,
        length=(None, None, short_length, None, long_length)[length_bytes],
        length_bytes=length_bytes,
        walk=last is not None and last.undefined,
        explicit_items=last is not None and last.vr not in (b"", b"UN"),
        wanted=last is not None and last.tag in wanted,
    )


class Layouts:
    """The layouts seen last, for files of one encoding.

    It may be used from several threads: what is known is replaced as a whole.

    Parameters
    ----------
    explicit
        Whether the files are in explicit VR.
    wanted
        The wanted tags.
    """

    def __init__(self, explicit: bool, wanted: WantedTags) -> None:
        self._explicit = explicit
        self._wanted = wanted
        self._known: tuple[Layout, ...] = ()
        self._pending: Sequence[Element] = ()
        self._variable: frozenset[int] = frozenset()

    def follow(self, data: Buffer, position: int, end: int) -> tuple[int, Layout, list[bytes]] | None:
        """Position, layout, value fields of its shape; None if the file is like none before.

        Raises as `Layout.follow`.
        """
        known = self._known
        for place, layout in enumerate(known):
            found = layout.follow(data, position, end)
            if found is not None:
                if place:
                    self._known = (layout, *known[:place], *known[place + 1 :])
                return found[0], layout, found[1]
        return None

    def learn(self, data: Buffer, position: int, end: int) -> None:
        """Remember a file that the scanner has read element by element."""
        elements = list(plain_elements(data, position, end, self._explicit))
        if not elements:
            return
        for layout in self._known:
            varying = _varying(layout.elements, elements)
            if varying is not None:
                self._add(data, elements, layout.variable | varying, layout)
                return
        varying = _varying(self._pending, elements)
        if varying is None:
            self._pending = elements
        else:
            self._add(data, elements, self._variable | varying)

    def _add(
        self,
        data: Buffer,
        elements: Sequence[Element],
        variable: frozenset[int],
        instead: Layout | None = None,
    ) -> None:
        if len(variable) > _MAX_VARIABLE:
            variable = frozenset()
        self._variable = variable
        layout = Layout(data, elements, variable, self._wanted)
        others = [one for one in self._known if one is not instead]
        self._known = (layout, *others[: _KNOWN - 1])
        self._pending = ()


def _varying(before: Sequence[Element], after: Sequence[Element]) -> frozenset[int] | None:
    """Tags of the elements that vary between two files; None if these are not of the same kind."""
    if [one.shape for one in before] != [one.shape for one in after]:
        return None
    pairs = zip(before, after, strict=True)
    varying = frozenset(one.tag for one, other in pairs if one.signature != other.signature)
    return varying if len(varying) <= _SAME_SERIES else None
