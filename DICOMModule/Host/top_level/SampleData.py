"""Slicer's module `SampleData`: files of any address, fetched once, checked and loaded.

Slicer's own samples are no part of this program. Modules register theirs, as those of Slicer's extensions do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import slicer

SCENES = (".mrb", ".mrml")


class SampleDataSource:
    """Files that are fetched together.

    Parameters
    ----------
    sampleName, sampleDescription
        For programs and for people.
    uris, fileNames, nodeNames, checksums, loadFiles, loadFileTypes, loadFileProperties
        One value for the only file, or a list with one for each: address, name of the file here, name of the
        node, "SHA256:" and the digest, whether it is loaded (by default where it has a node name),
        the kind of file, and options of its reader.
    customDownloader
        Called with this source instead of fetching anything.
    thumbnailFileName
        A picture of it.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (as Slicer has them)
        self,
        sampleName: str | None = None,
        sampleDescription: str | None = None,
        uris: str | Sequence[str] | None = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        checksums: Any = None,
        loadFiles: Any = None,
        customDownloader: Callable[[SampleDataSource], Any] | None = None,
        thumbnailFileName: str | None = None,
        loadFileTypes: Any = None,
        loadFileProperties: Any = None,
    ) -> None:
        self.sampleName = sampleName
        self.sampleDescription = sampleDescription or sampleName
        self.uris = [uris] if isinstance(uris, str) else list(uris or [])
        self.fileNames = [
            name or Path(unquote(urlsplit(uri).path)).name
            for name, uri in zip(self._each(fileNames), self.uris, strict=True)
        ]
        self.nodeNames = self._each(nodeNames)
        self.checksums = self._each(checksums)
        self.loadFiles = self._each(loadFiles)
        self.loadFileTypes = self._each(loadFileTypes)
        self.loadFileProperties = self._each(loadFileProperties)
        self.customDownloader = customDownloader
        self.thumbnailFileName = thumbnailFileName

    def _each(self, values: Any) -> list[Any]:
        """A value for each file."""
        given = list(values) if isinstance(values, list | tuple) else [values] * len(self.uris)
        if len(given) != len(self.uris):
            raise ValueError(f"There are {len(self.uris)} addresses, but {len(given)} values: {given}.")
        return given


class SampleDataLogic:
    """Registers sources, and fetches them."""

    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom", sampleName: str | None = None, **what: Any
    ) -> None:
        """Make a source known by its name; `what` are the other parameters of `SampleDataSource`."""
        if "loadFileType" in what:  # as it was called first
            what["loadFileTypes"] = what.pop("loadFileType")
        source = SampleDataSource(sampleName, **what)
        known = SampleDataLogic.sampleDataSourcesByCategory(category)
        known[:] = [one for one in known if one.sampleName != sampleName] + [source]

    @staticmethod
    def sampleDataSourcesByCategory(category: str | None = None) -> Any:
        """The sources of a category; without one, all of them by category."""
        if not hasattr(slicer.modules, "sampleDataSources"):
            slicer.modules.sampleDataSources = {}
        sources: dict[str, list[SampleDataSource]] = slicer.modules.sampleDataSources
        return sources if category is None else sources.setdefault(category, [])

    def sourceForSampleName(self, sampleName: str) -> SampleDataSource | None:
        """The source of that name; None if there is none."""
        sources = self.sampleDataSourcesByCategory().values()
        return next((one for group in sources for one in group if one.sampleName == sampleName), None)

    def downloadSamples(self, sampleName: str) -> list[Any]:
        """Fetch a registered source; see `downloadFromSource`.

        Raises
        ------
        RuntimeError
            If there is none of that name, or it cannot be fetched.
        """
        source = self.sourceForSampleName(sampleName)
        if source is None:
            names = [one.sampleName for group in self.sampleDataSourcesByCategory().values() for one in group]
            raise RuntimeError(
                f"There is no sample {sampleName!r}; registered are: {', '.join(map(str, names)) or 'none'}. "
                "Slicer's own samples are not part of this program. Give the address of a file to "
                "SampleData.downloadFromURL(uris=..., fileNames=..., nodeNames=...)."
            )
        return self.downloadFromSource(source)

    def downloadSample(self, sampleName: str) -> Any:
        """The first of what `downloadSamples` gives."""
        return self.downloadSamples(sampleName)[0]

    def downloadFromSource(self, source: SampleDataSource) -> list[Any]:
        """Fetch the files of a source as far as they are not here, and load those that shall be.

        Returns
        -------
        list
            For each file its node, True for a scene, the folder of an archive, or the path of a file that is
            not loaded.
        """
        if source.customDownloader is not None:
            result = source.customDownloader(source)
            return list(result) if isinstance(result, list | tuple) else [result]
        return [self._fetch_and_load(source, number) for number in range(len(source.uris))]

    def downloadFromURL(self, uris: Any = None, **what: Any) -> list[Any]:
        """Fetch files by their addresses; `what` are the other parameters of `SampleDataSource`."""
        return self.downloadFromSource(SampleDataSource(uris=uris, **what))

    def downloadFileIntoCache(self, uri: str, name: str, checksum: str | None = None) -> str:
        """Fetch a file unless it is here already with its checksum; returns its path.

        Raises
        ------
        RuntimeError
            If it cannot be fetched, or is not the one of the checksum.
        """
        path = cache_folder() / Path(name).name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not slicer.util.downloadFile(uri, str(path), checksum):
            path.unlink(missing_ok=True)
            raise RuntimeError(f"{uri} could not be fetched as the file it should be. Is its address right?")
        return str(path)

    def _fetch_and_load(self, source: SampleDataSource, number: int) -> Any:
        path = self.downloadFileIntoCache(
            source.uris[number], source.fileNames[number], source.checksums[number]
        )
        wanted, name = source.loadFiles[number], source.nodeNames[number]
        if not (bool(name) if wanted is None else wanted):
            return path
        return _load(path, source.loadFileTypes[number], name, source.loadFileProperties[number] or {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("download"):  # downloadMRHead() and the like
            return lambda: self.downloadSample(name.removeprefix("download"))
        raise AttributeError(f"SampleDataLogic has no attribute {name!r}.")


def _load(path: str, file_type: str | None, name: str | None, properties: Mapping[str, Any]) -> Any:
    """What a file becomes: a node, True for a scene, a folder for an archive."""
    if path.endswith(".zip"):
        folder = path.removesuffix(".zip")
        Path(folder).mkdir(exist_ok=True)
        if not slicer.util.extractArchive(path, folder):
            raise RuntimeError(f"{path} is no archive that can be unpacked.")
        return folder
    if path.endswith(SCENES):
        return slicer.util.loadScene(path, dict(properties))
    kind = file_type or slicer.app.ioManager().fileType(path)
    named = {"name": name} if name else {}
    return slicer.util.loadNodeFromFile(path, kind, {**named, **properties})


def cache_folder() -> Path:
    """Where what was fetched is kept."""
    return Path(slicer.app.cachePath) / "SampleData"


def downloadFromURL(uris: Any = None, **what: Any) -> list[Any]:
    """Fetch files by their addresses, and load those that have node names; see `SampleDataLogic`."""
    return SampleDataLogic().downloadFromURL(uris, **what)


def downloadSamples(sampleName: str) -> list[Any]:
    """Fetch and load a registered source; see `SampleDataLogic`."""
    return SampleDataLogic().downloadSamples(sampleName)


def downloadSample(sampleName: str) -> Any:
    """The first of what `downloadSamples` gives."""
    return SampleDataLogic().downloadSample(sampleName)
