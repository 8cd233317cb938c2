"""The page of plugins says what the code does: classes, nodes, exports and tests are looked up."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import UID

from Testing.application_database import database as database
from Testing.conftest import SHARED
from Testing.DICOMPlugins.loading import import_files, offers

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "Resources" / "Docs" / "plugins.md"
COLUMNS = ["SOP class", "UID", "node", "export", "test"]


MOST_BYTES = 12_000_000
# Classes of which shared data has objects, but none that the plugin reads: the images that they are for are
# not there, no series goes over time, or the frames are of no diffusion.
WITHOUT_SAMPLE = {
    "DICOMDiffusionSequencePlugin-1.2.840.10008.5.1.4.1.1.4.1",
    "DICOMImageSequencePlugin-1.2.840.10008.5.1.4.1.1.7",
    "DICOMPresentationStatePlugin-1.2.840.10008.5.1.4.1.1.11.1",
    "DICOMRWVMPlugin-1.2.840.10008.5.1.4.1.1.67",
    "DICOMVolumeSequencePlugin-1.2.840.10008.5.1.4.1.1.2",
}


@dataclass(frozen=True)
class Row:
    plugin: str
    sop_class: str
    uid: str
    nodes: list[str]
    export: str
    tests: list[str]


def sections() -> dict[str, str]:
    """Text of the section of each plugin."""
    parts = re.split(r"^## (D(?:ICOM|icom)\w+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows() -> list[Row]:
    found = []
    for plugin, text in sections().items():
        cells = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines()
            if line.startswith("|")
        ]
        assert COLUMNS in cells, plugin
        for sop_class, uid, nodes, export, tests in cells[cells.index(COLUMNS) + 2 :]:
            found.append(
                Row(plugin, sop_class, uid, nodes.split(", "), export, re.findall(r"`([^`]+)`", tests))
            )
    return found


def identity(row: Row) -> str:
    return f"{row.plugin}-{row.uid}"


def test_each_plugin_has_a_section() -> None:
    assert sorted(sections()) == sorted(path.stem for path in (ROOT / "DICOMPlugins").glob("D*.py"))


@pytest.mark.parametrize("row", rows(), ids=identity)
def test_names_and_tests(row: Row) -> None:
    if UID(row.uid).name != row.uid:  # the newest classes are not known to every release of pydicom
        assert UID(row.uid).name == row.sop_class
    assert row.export in ("yes", "no")
    assert row.tests
    for name in row.tests:
        assert (ROOT / name).is_file(), name


def classes_and_tests() -> list[Any]:
    return [pytest.param(row, name, id=f"{identity(row)}-{name}") for row in rows() for name in row.tests]


def names_class(text: str, row: Row) -> bool:
    """Whether a test names a class: by its UID, its keyword, or its name in the Standard."""
    uid = UID(row.uid)
    words = [re.escape(row.uid), *(re.escape(word) for word in (uid.keyword, f'"{row.sop_class}"') if word)]
    return any(re.search(rf"(?<![\w.]){word}(?![\w.]*\w)", text) for word in words)


@cache
def samples() -> list[dict[str, str]]:
    """Rows of the manifest of shared data; none where that is absent."""
    manifest = SHARED / "data" / "MANIFEST.tsv"
    if not manifest.is_file():
        return []
    with manifest.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def names_sample(text: str, uid: str) -> bool:
    """Whether a test names a file of a class, or a folder that holds files of this class only."""
    of_folder: dict[str, set[str]] = {}
    for row in samples():
        of_folder.setdefault(row["path"].rpartition("/")[0], set()).add(row["sop_class_uid"])
    folders = [folder for folder, classes in of_folder.items() if classes == {uid}]
    files = [row["path"] for row in samples() if row["sop_class_uid"] == uid]
    return any(f'"{path}"' in text for path in (*files, *folders)) or any(
        f'"{path.rpartition("/")[2]}"' in text and path.rpartition("/")[0] in text for path in files
    )


@pytest.mark.parametrize(("row", "name"), classes_and_tests())
def test_each_test_touches_the_class(row: Row, name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    if not names_class(text, row) and not samples():
        pytest.skip("the folder of shared DICOM data is not beside the project")
    assert names_class(text, row) or names_sample(text, row.uid)


@pytest.mark.mrml
@pytest.mark.parametrize("row", rows(), ids=identity)
def test_nodes_and_exports(row: Row, host: Any) -> None:
    import slicer

    from DICOMLib.plugins.base import DICOMPlugin

    for node in row.nodes:
        assert hasattr(slicer, node), node
    plugin = slicer.modules.dicomPlugins[row.plugin]
    if row.export == "yes":
        assert plugin.export is not DICOMPlugin.export


def sampled_rows() -> list[Row]:
    """Rows for which shared data has objects; a bundle is no node but what is in it."""
    known = {one["sop_class_uid"] for one in samples()}
    return [row for row in rows() if row.uid in known and row.nodes != ["vtkMRMLScene"]]


def series_of_class(uid: str) -> list[list[Path]]:
    """Files of each series of shared data that is of a class, small series first."""
    files: dict[str, list[dict[str, str]]] = {}
    for one in samples():
        if one["sop_class_uid"] == uid:
            files.setdefault(one["series_uid"], []).append(one)
    sizes = {series: sum(int(one["bytes"]) for one in ones) for series, ones in files.items()}
    return [
        [SHARED / "data" / one["path"] for one in files[series]]
        for series in sorted(sizes, key=sizes.__getitem__)
        if sizes[series] <= MOST_BYTES
    ]


def classes_made(plugin: str, series_uid: str) -> set[str]:
    """Classes of the data that a plugin makes of a series, as users see them; none if it cannot read it."""
    import slicer

    from DICOMLib.core.errors import DICOMError

    offered = offers(plugin, series_uid)
    chosen = [one for one in offered if one.selected] or offered
    if not chosen:
        return set()
    slicer.mrmlScene.Clear(0)
    try:
        slicer.modules.dicomPlugins[plugin]().load(chosen[0])
    except DICOMError:
        return set()
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    nodes = [slicer.mrmlScene.GetNthNode(index) for index in range(slicer.mrmlScene.GetNumberOfNodes())]
    made = {node.GetClassName() for node in nodes if tree.GetItemByDataNode(node)}
    if "vtkMRMLSequenceNode" in made:  # the volume that shows the current item
        made -= {"vtkMRMLScalarVolumeNode", "vtkMRMLVectorVolumeNode"}
    return made


@pytest.mark.mrml
@pytest.mark.parametrize("row", sampled_rows(), ids=identity)
def test_an_object_becomes_the_node(row: Row, database: Any, tmp_path: Path) -> None:
    """The smallest series of real data that the plugin reads; slices may be bent by a transform."""
    made: set[str] = set()
    for number, paths in enumerate(series_of_class(row.uid)):
        for uid in import_files(tmp_path / str(number), *paths):
            made = made or classes_made(row.plugin, uid)
        if made:
            break
    if identity(row) in WITHOUT_SAMPLE:
        assert made == set()
        return
    assert row.nodes[0] in made
    assert made <= {*row.nodes, "vtkMRMLGridTransformNode"}
