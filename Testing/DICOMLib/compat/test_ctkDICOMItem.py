"""Datasets as CTK's classes hand them about: read, asked, changed, written."""

from __future__ import annotations

from pathlib import Path

import pydicom

from DICOMLib.compat.ctkDICOMItem import ctkDICOMItem
from Testing.DICOMLib.compat.datasets import dataset, write


def test_an_item_without_a_dataset(tmp_path: Path) -> None:
    item = ctkDICOMItem()
    assert not item.IsInitialized()
    assert item.TagKeys() == item.GetElementAsStringList("0008,0060") == []
    assert item.GetElementAsString("0008,0060") == ""
    assert (item.GetElementAsInteger("0020,0013"), item.GetElementAsDouble("0020,0013")) == (0, 0.0)
    assert not item.HasElement("0008,0060")
    assert not item.SaveToFile(tmp_path / "nothing.dcm")
    item.InitializeFromFile(tmp_path / "nothing.dcm")
    assert not item.IsInitialized()
    assert list(tmp_path.iterdir()) == []


def test_values() -> None:
    item = ctkDICOMItem(dataset(PixelSpacing=[0.5, 0.75], InstanceNumber=7, SpecificCharacterSet=""))
    assert item.IsInitialized()
    assert item.HasElement("0028,0030")
    assert item.HasElement(0x00280030)
    assert not item.HasElement("0018,0050")
    assert item.GetElementAsString("0028,0030") == "0.5\\0.75"
    assert item.GetElementAsStringList(0x00280030) == ["0.5", "0.75"]
    assert item.GetElementAsDouble("0028,0030") == 0.5
    assert item.GetElementAsInteger("0020,0013") == 7
    assert item.GetElementAsString("0010,0010") == "Doe^Jane"
    assert item.GetElementAsInteger("0010,0010") == 0
    assert item.GetElementAsStringList("0008,0005") == []
    assert item.TagKeys() == sorted(item.TagKeys())
    assert {"0008,0018", "0028,0030"} <= set(item.TagKeys())


def test_there_and_back(tmp_path: Path) -> None:
    item = ctkDICOMItem()
    item.InitializeFromFile(write(tmp_path / "a.dcm", dataset()))
    assert item.SetElementAsString("0008,103E", "Leg")
    assert item.SetElementAsString(0x00200011, "12")
    assert not item.SetElementAsString("0019,1001", "private")
    assert item.SaveToFile(tmp_path / "b.dcm")
    read = pydicom.dcmread(tmp_path / "b.dcm")
    assert (read.SeriesDescription, read.SeriesNumber, read.PatientName) == ("Leg", 12, "Doe^Jane")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.dcm", "b.dcm"]


def test_an_item_made_from_nothing() -> None:
    item = ctkDICOMItem()
    assert item.SetElementAsString("0010,0020", "P9")
    assert item.IsInitialized()
    assert item.dataset.PatientID == "P9"


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    item = ctkDICOMItem(dataset())
    (tmp_path / "folder").mkdir()
    assert not item.SaveToFile(tmp_path / "folder")
    assert not item.SaveToFile(tmp_path / "missing" / "a.dcm")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
