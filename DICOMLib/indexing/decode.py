"""Wanted elements to texts; of files that are laid out alike, only what differs is decoded again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from operator import ne
from typing import TYPE_CHECKING

from DICOMLib.standard.values import element_text

if TYPE_CHECKING:
    from DICOMLib.indexing.scan import Header
    from DICOMLib.indexing.wanted import WantedTags

Elements = dict[int, tuple[bytes, bytes]]

CHARACTER_SET = 0x00080005
# US or SS of the dictionary: signed or unsigned, as the pixels are.
AMBIGUOUS = b"XS"
UNTOLD = (b"UN", AMBIGUOUS)
_MAX_REMEMBERED = 16384
_MAX_REMEMBERED_BYTES = 256
# A file that differs in more than this from the first of its kind is the first of another series.
_MAX_CHANGED = 20


@dataclass(frozen=True, slots=True)
class Decoded:
    """The texts of one file.

    Parameters
    ----------
    values
        Text by "GGGG,EEEE"; elements without a text are left out.
    present, empty
        The wanted tags that the file has, and those of them without a text.
    base, changed
        The values of a file before, and the tags in which this one differs from it; None if there is none.
    """

    values: dict[str, str]
    present: frozenset[str]
    empty: frozenset[str]
    base: Mapping[str, str] | None = None
    changed: tuple[str, ...] = ()


class _Texts(dict[tuple[bytes, bytes], str]):
    """Texts of elements in one character set, by VR and value field; short ones are remembered."""

    def __init__(self, character_set: str) -> None:
        super().__init__()
        self._character_set = character_set

    def __missing__(self, element: tuple[bytes, bytes]) -> str:
        vr, raw = element
        text = element_text(vr, raw, self._character_set) if raw else ""
        if len(raw) <= _MAX_REMEMBERED_BYTES:
            if len(self) >= _MAX_REMEMBERED:
                self.clear()
            self[element] = text
        return text


_texts_of = lru_cache(maxsize=8)(_Texts)


def _texts(character_set: tuple[bytes, bytes] | None) -> _Texts:
    return _texts_of("" if character_set is None else element_text(*character_set, ""))


@dataclass(frozen=True, slots=True)
class _First:
    """The first file of a series: its value fields and their texts."""

    raws: Sequence[bytes]
    texts: _Texts
    values: dict[str, str]
    empty: frozenset[str]


class Shape:
    """The wanted elements that files of one layout have, in their order; and the first file of a series.

    It may be used from several threads: what is known is replaced as a whole.

    Parameters
    ----------
    tags, vrs
        Numbers and VRs of the elements.
    names
        "GGGG,EEEE" by number, of those whose texts are wanted.
    """

    def __init__(self, tags: Sequence[int], vrs: Sequence[bytes], names: Mapping[int, str]) -> None:
        self.tags = tags
        self.vrs = vrs
        self.places = {tag: place for place, tag in enumerate(tags)}
        self.told = not any(vr in UNTOLD for vr in vrs)
        self._names = [names.get(tag, "") for tag in tags]
        self._present = frozenset(filter(None, self._names))
        self._first: _First | None = None

    def elements(self, raws: Sequence[bytes]) -> Elements:
        """(VR, value field) by tag number."""
        return dict(zip(self.tags, zip(self.vrs, raws, strict=True), strict=True))

    def decoded(self, raws: Sequence[bytes]) -> Decoded:
        """The texts of a file with these value fields."""
        first = self._first
        if first is None:
            return self._decoded_anew(raws)
        places = list(compress(range(len(raws)), map(ne, raws, first.raws)))
        if len(places) > _MAX_CHANGED or CHARACTER_SET in map(self.tags.__getitem__, places):
            return self._decoded_anew(raws)
        values, names, vrs, texts = first.values.copy(), self._names, self.vrs, first.texts
        for place in places:
            text = texts[vrs[place], raws[place]]
            if text:
                values[names[place]] = text
            else:
                values.pop(names[place], None)
        values.pop("", None)
        # What has no text here, or had none there, is rare.
        alike = len(values) == len(first.values) and values.keys() == first.values.keys()
        empty = first.empty if alike else self._present.difference(values)
        changed = tuple(filter(None, map(names.__getitem__, places)))
        return Decoded(values, self._present, empty, first.values, changed)

    def _decoded_anew(self, raws: Sequence[bytes]) -> Decoded:
        elements = self.elements(raws)
        texts = _texts(elements.get(CHARACTER_SET))
        values = _values(zip(self._names, elements.values(), strict=True), texts)
        empty = self._present.difference(values)
        self._first = _First(raws, texts, values, empty)
        return Decoded(values.copy(), self._present, empty, values)


def _values(elements: Iterable[tuple[str, tuple[bytes, bytes]]], texts: _Texts) -> dict[str, str]:
    return {name: text for name, element in elements if name and (text := texts[element])}


def decoded(header: Header, wanted: WantedTags) -> Decoded:
    """The texts of the wanted elements of a file."""
    names = wanted.names
    if header.shape is None:
        texts = _texts(header.rest.get(CHARACTER_SET))
        found = [(names[tag], element) for tag, element in header.rest.items() if tag in names]
        values, present = _values(found, texts), frozenset(name for name, _ in found)
        return Decoded(values, present, present.difference(values))
    known = header.shape.decoded(header.raws)
    rest = [(names[tag], element) for tag, element in header.rest.items() if tag in names]
    if not rest:
        return known
    more = _values(rest, _texts(header.element(CHARACTER_SET)))
    present = _joined(known.present, tuple(name for name, _ in rest))
    empty = _joined(known.empty, tuple(name for name, _ in rest if name not in more))
    if more:
        return Decoded({**known.values, **more}, present, empty)
    return Decoded(known.values, present, empty, known.base, known.changed)


@lru_cache(maxsize=256)
def _joined(tags: frozenset[str], others: tuple[str, ...]) -> frozenset[str]:
    """Both together; the same sets come again with each file of a series."""
    return tags.union(others)


def decoded_values(header: Header, wanted: WantedTags) -> dict[str, str]:
    """Text of the wanted elements by "GGGG,EEEE"; those without a text are left out."""
    return decoded(header, wanted).values
