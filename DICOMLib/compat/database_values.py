"""ctkDICOMDatabase: values of elements, from the tag cache or, the first time, from the file."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Sequence
from typing import Any

from DICOMLib.compat.database_answers import answers, path_text
from DICOMLib.compat.headers import header_lines, record_of_file
from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.database import Database, FileRecord
from DICOMLib.database.stored_values import (
    EMPTY_STRING,
    NOT_IN_INSTANCE,
    NOT_STORED,
    SENTINELS,
    SOP_INSTANCE_UID,
)
from DICOMLib.fields.generator import DisplayedFieldGenerator
from DICOMLib.standard.tags import tag_number, tag_text

log = logging.getLogger(__name__)

_UNREADABLE = (InvalidDICOM, OSError, ValueError, EOFError, AttributeError, KeyError, NotImplementedError)


def _tag(parts: Sequence[Any]) -> str:
    """The tag that is given as "GGGG,EEEE" or as group and element; "" if it is none."""
    try:
        if len(parts) == 2:
            group, element = int(parts[0]), int(parts[1])
            return tag_text(group << 16 | element) if _is_tag(group, element) else ""
        return _tag_of_text(str(parts[0]))
    except (TypeError, ValueError):
        return ""


@functools.lru_cache(maxsize=4096)  # the same few are asked of each file
def _tag_of_text(text: str) -> str:
    return tag_text(tag_number(text))


def _is_tag(group: int, element: int) -> bool:
    return 0 <= group <= 0xFFFF and 0 <= element <= 0xFFFF


class DatabaseValues:
    """What can be asked of the tag cache and of files."""

    core: Database
    tagsToPrecache: list[str]
    tagsToExcludeFromStorage: list[str]
    fileForInstance: Any
    generator: DisplayedFieldGenerator
    _tags_at_opening: frozenset[str]

    def __init__(self) -> None:
        super().__init__()
        self._header: dict[str, str] = {}
        self._at_hand: dict[str, dict[str, str]] = {}

    # Values

    @answers(str)
    def instanceValue(self, sopInstanceUID: str, *tag: Any) -> str:
        """Value of an element of an instance, "" if it has none; the tag as text, or as group and element."""
        text = self._stored(sopInstanceUID, _tag(tag))
        return "" if text in SENTINELS else text

    @answers(str)
    def fileValue(self, fileName: str | os.PathLike[str], *tag: Any) -> str:
        """Value of an element of a file (or URL), "" if it has none or cannot be read."""
        text = self._storedForFile(path_text(fileName), _tag(tag))
        return "" if text in SENTINELS else text

    @answers(bool)
    def instanceValueExists(self, sopInstanceUID: str, *tag: Any) -> bool:
        """Whether the instance has the element, with a value."""
        return self._stored(sopInstanceUID, _tag(tag)) not in ("", NOT_IN_INSTANCE, EMPTY_STRING)

    @answers(bool)
    def fileValueExists(self, fileName: str | os.PathLike[str], *tag: Any) -> bool:
        """Whether the file has the element, with a value."""
        return self._storedForFile(path_text(fileName), _tag(tag)) not in ("", NOT_IN_INSTANCE, EMPTY_STRING)

    @answers(dict)
    def instanceValues(self, sopInstanceUIDs: Sequence[str], *tag: Any) -> dict[str, str]:
        """SOP Instance UID → value, of the cached values that are not empty."""
        name = _tag(tag)
        found = self.core.values(sopInstanceUIDs or (), [name])
        return {sop: values[name] for sop, values in found.items() if name in values}

    @answers(dict)
    def instanceValuesOfTags(
        self, sopInstanceUIDs: Sequence[str], tags: Sequence[str]
    ) -> dict[str, dict[str, str]]:
        """SOP Instance UID → tag → value, of the cached values that are not empty."""
        return dict(self.core.values(sopInstanceUIDs or (), [_tag([tag]) for tag in tags or ()]))

    @answers(dict)
    def fileValuesOfTags(self, fileNames: Sequence[str], tags: Sequence[str]) -> dict[str, dict[str, str]]:
        """Path → tag → value, of the cached values of files in the database that are not empty."""
        sops = self.core.sops_of_files(fileNames or ())
        names = [_tag([tag]) for tag in tags or ()]
        others = [name for name in names if name != SOP_INSTANCE_UID]
        found = self.core.values(sops.values(), others) if others else {sop: {} for sop in sops.values()}
        if SOP_INSTANCE_UID in names:
            for sop, values in found.items():
                values[SOP_INSTANCE_UID] = sop
        return {path: found[sop] for path, sop in sops.items() if sop in found}

    @answers(lambda: None)
    def keepAtHand(self, fileNames: Sequence[str]) -> None:
        """Read what is cached of these files at once and keep it in memory, until `forgetAtHand`.

        It is for a while in which many values of the same files are asked for, and nobody changes them.
        """
        sops = self.core.sops_of_files(fileNames)
        texts = self.core.texts(sops.values(), self.requestedTags())
        self._at_hand.update({path: texts[sop] for path, sop in sops.items()})

    def forgetAtHand(self) -> None:
        """Undo `keepAtHand`."""
        self._at_hand.clear()

    def _storedForFile(self, path: str, tag: str) -> str:
        if not tag:
            return ""
        known = self._at_hand.get(path)
        if known is not None and tag in known:
            return known[tag]
        sop = self.core.sop_of_file(path)
        if sop:
            return self._stored(sop, tag, path)
        return self._answer(self._read(path, [tag]), tag)

    def _stored(self, sop: str, tag: str, path: str = "") -> str:
        """The cached text, which may be a sentinel; read from the file and cached where it is not."""
        if not tag or not sop:
            return ""
        text = self.core.cached_tag(sop, tag)
        if text is not None:
            return text
        path = path if path and "://" not in path else self.fileForInstance(sop)
        return self._cacheFromFile(sop, path, {tag}).get(tag, "") if path else ""

    def _cacheFromFile(self, sop: str, path: str, tags: set[str]) -> dict[str, str]:
        """Read elements, and with them whatever else is asked for often and not cached yet."""
        wanted = tags | set(self.requestedTags())
        missing = wanted - set(self.core.cached_tags(sop, wanted))
        record = self._read(path, sorted(missing)) if missing else None
        if record is None:
            return {}
        texts = {tag: self._answer(record, tag) for tag in missing}
        if not self.core.read_only:
            self.core.cache_tags([(sop, tag, text) for tag, text in texts.items()])
        return texts

    def requestedTags(self) -> list[str]:
        """Tags that are cached with each file: `tagsToPrecache`, and those of rules that came later."""
        tags = [tag for text in self.tagsToPrecache if (tag := _tag([text]))]
        later = (tag for tag in self.generator.required_tags(self.core) if tag not in self._tags_at_opening)
        return list(dict.fromkeys([*tags, *later]))

    def cacheTagsOfFile(self, path: str) -> None:
        """Cache the `tagsToPrecache` of a file in the database, as far as they are not cached yet."""
        sop = self.core.sop_of_file(path)
        if sop:
            self._cacheFromFile(sop, path, set())

    def _read(self, path: str, tags: Sequence[str]) -> FileRecord | None:
        if not path or "://" in path:
            return None
        try:
            return record_of_file(path, tags, self.tagsToExcludeFromStorage)
        except InvalidDICOM as error:
            # The path may tell who the patient is, the reason does not.
            log.error("A file could not be read: %s", error.reason)  # noqa: TRY400
            log.debug("unreadable: %s", path)
            return None

    @staticmethod
    def _answer(record: FileRecord | None, tag: str) -> str:
        if record is None:
            return ""
        return NOT_STORED if tag in record.unstored else record.values.get(tag, NOT_IN_INSTANCE)

    # The cache itself

    @answers(bool)
    def tagCacheExists(self) -> bool:
        """Whether there is a cache."""
        return self.core.has_tag_cache()

    @answers(bool)
    def initializeTagCache(self) -> bool:
        """Forget all cached values."""
        self.core.clear_tag_cache()
        return True

    @answers(str)
    def cachedTag(self, sopInstanceUID: str, tag: str) -> str:
        """What is cached: a value, a sentinel such as "__TAG_NOT_IN_INSTANCE__", or "" for nothing."""
        return self.core.cached_tag(sopInstanceUID, tag) or ""

    def cacheTag(self, sopInstanceUID: str, tag: str, value: str) -> bool:
        """Cache one value."""
        return self.cacheTags([sopInstanceUID], [tag], [value])

    @answers(bool)
    def cacheTags(self, sopInstanceUIDs: Sequence[str], tags: Sequence[str], values: Sequence[str]) -> bool:
        """Cache values; False, and none is, if the lists are not equally long or one of `tags` is no tag."""
        names = [_tag([tag]) for tag in tags]
        if not len(sopInstanceUIDs) == len(tags) == len(values) or "" in names:
            return False
        self.core.cache_tags(zip(sopInstanceUIDs, names, values, strict=True))
        return True

    @answers(lambda: None)
    def removeCachedTags(self, sopInstanceUID: str) -> None:
        """Forget the cached values of an instance."""
        self.core.forget_tags([sopInstanceUID])

    # Tags

    def tagToGroupElement(self, tag: str, _group: Any = None, _element: Any = None) -> bool:
        """Whether a text is a tag, "GGGG,EEEE"; the numbers cannot be given back in Python."""
        group, _comma, element = str(tag).partition(",")
        try:
            return _is_tag(int(group, 16), int(element, 16))
        except ValueError:
            return False

    def groupElementToTag(self, group: int, element: int) -> str:
        """The tag as text, in upper case."""
        return f"{group:04X},{element:04X}"

    # Whole headers

    @answers(lambda: None)
    def loadInstanceHeader(self, sopInstanceUID: str) -> None:
        """Load all elements of an instance, for `headerKeys` and `headerValue`."""
        self.loadFileHeader(self.fileForInstance(sopInstanceUID))

    def loadFileHeader(self, fileName: str | os.PathLike[str]) -> None:
        """Load all elements of a file, for `headerKeys` and `headerValue`; none if it cannot be read."""
        self._header = {}
        try:
            self._header = header_lines(path_text(fileName))
        except _UNREADABLE as error:
            log.error("A header could not be read: %s", type(error).__name__)  # noqa: TRY400

    def headerKeys(self) -> list[str]:
        """Tags of the loaded header."""
        return list(self._header)

    def headerValue(self, key: str) -> str:
        """Line of an element of the loaded header, "" if it is not there."""
        return self._header.get(key, "")
