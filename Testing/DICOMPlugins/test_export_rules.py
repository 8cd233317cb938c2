"""What holds for every exporter: a series of its own, patient and study of the items, dates of its own."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest
import slicer

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.mrml.volumes import sequence
from DICOMLib.mrml.volumes.volume import Volume
from DICOMLib.patching.identity import Anonymize
from DICOMLib.plugins.export import export
from Testing.DICOMPlugins.exporting import (
    below_study,
    datasets,
    exported,
    hierarchy,
    ijk_to_ras,
    loaded_back,
    offered,
    volume_node,
)
from Testing.DICOMPlugins.test_model_export import triangle
from Testing.DICOMPlugins.test_registration_export import transform_between
from Testing.DICOMPlugins.test_segmentation_export import masks, segmentation_of
from Testing.image_series import heights, stack, write

SERIES = "1.2.3.4"
# As the user corrected them in the subject hierarchy; the files of the database say something else.
PATIENT = {
    "PatientName": "Corrected^Name",
    "PatientID": "P2",
    "PatientBirthDate": "19700203",
    "PatientSex": "F",
    "PatientComments": "corrected",
}
STUDY = {
    "StudyInstanceUID": "1.2.99",
    "StudyID": "S7",
    "StudyDescription": "Corrected study",
    "StudyDate": "20190203",
    "StudyTime": "040506",
}


@pytest.fixture
def volume(database, tmp_path):
    """A volume of the database, whose patient and study items were edited after loading."""
    images = stack(
        heights(0, 3, 6),
        StudyInstanceUID="1.2.99",
        StudyDate="20180101",
        StudyTime="010203",
        StudyID="before",
        StudyDescription="before",
        PatientBirthDate="19500101",
        PatientSex="M",
        AccessionNumber="A1",
        SeriesDate="20180101",
        SeriesTime="010203",
    )
    write(images, tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    return slicer.util.getNode(DICOMUtils.loadSeriesByUID([SERIES])[0])


def edit_items(volume):
    """Let the study and the patient of a volume say what the user wants."""
    tree = hierarchy()
    study = tree.GetItemParent(tree.GetItemByDataNode(volume))
    for item, attributes in ((study, STUDY), (tree.GetItemParent(study), PATIENT)):
        for name, value in attributes.items():
            tree.SetItemAttribute(item, "DICOM." + name, value)


def segmentation(volume):
    return segmentation_of(volume, masks())


def volume_sequence(volume):
    volumes = [Volume(volume.GetImageData(), ijk_to_ras(volume))] * 2
    frames = [sequence.Item(time, one) for time, one in zip(("0", "1500"), volumes, strict=True)]
    node = sequence.add_sequence(slicer.mrmlScene, "Perfusion", sequence.Index("time", "ms"), frames)
    return sequence.add_browser([node], "Perfusion", 1.0).GetProxyNode(node)


def floats(volume):
    return volume_node(slicer.util.arrayFromVolume(volume).astype(np.float32), ijk_to_ras(volume), "Map")


def registration(volume):
    node = hierarchy().GetItemDataNode(transform_between(volume, None))
    node.SetAttribute("DICOM.MovingFrameOfReferenceUID", "1.2.20")
    return node


EXPORTERS = {
    "scalar volume": ("DICOMScalarVolumePlugin", lambda volume: volume),
    "segmentation": ("DICOMSegmentationPlugin", segmentation),
    "structure set": ("DicomRtImportExportPlugin", segmentation),
    "volume sequence": ("DICOMVolumeSequencePlugin", volume_sequence),
    "parametric map": ("DICOMParametricMapPlugin", floats),
    "surface": ("DICOMM3DPlugin", lambda _volume: triangle()),
    "data bundle": ("DICOMSlicerDataBundlePlugin", lambda volume: volume),
    "registration": ("DicomSroImportExportPlugin", registration),
}


@pytest.fixture(params=EXPORTERS)
def plugin_and_item(request, volume):
    """Name of a plugin and an item that it writes, in the study of the volume."""
    plugin, make = EXPORTERS[request.param]
    tree = hierarchy()
    item = tree.GetItemByDataNode(make(volume))
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(volume)))
    edit_items(volume)
    return plugin, int(item)


def refused(plugin, item, folder):
    """A series of the database is never written to."""
    exportables = offered(item, plugin)
    for exportable in exportables:
        exportable.setTag("SeriesInstanceUID", SERIES)
    report = run(export(exportables, folder))
    assert report.files == []
    assert "is in the database already" in report.failed[0][1]


def test_rules_of_every_exporter(plugin_and_item, tmp_path, database):
    plugin, item = plugin_and_item
    today = date.today()
    first, second = (datasets(exported(item, plugin, tmp_path / name)) for name in ("first", "second"))

    for written in (first, second):
        assert len({one.SeriesInstanceUID for one in written}) == 1
        for one in written:
            assert {name: str(one.get(name)) for name in PATIENT} == PATIENT
            assert {name: str(one.get(name)) for name in STUDY} == STUDY
            for name in ("SeriesDate", "ContentDate", "InstanceCreationDate"):
                value = one.get(name)  # of what was written now, never of the study or the source
                assert not value or re.fullmatch(r"\d{8}", str(value))
                assert not value or str(value) >= f"{today:%Y%m%d}"
    assert not database.filesForSeries(first[0].SeriesInstanceUID)
    assert first[0].SeriesInstanceUID not in (SERIES, second[0].SeriesInstanceUID)
    instances = [one.SOPInstanceUID for one in first + second]
    assert len(set(instances)) == len(instances)
    assert not any(database.fileForInstance(uid) for uid in instances)

    refused(plugin, item, tmp_path / "third")


OF_ANOTHER_NAME = {"DICOMScalarVolumePlugin", "DICOMVolumeSequencePlugin", "DICOMSlicerDataBundlePlugin"}


def test_a_name_longer_than_a_description_may_be(plugin_and_item, tmp_path):
    plugin, item = plugin_and_item
    hierarchy().GetItemDataNode(item).SetName("ADC (mm2/s) of b=0\\500 " + 48 * "x")  # 71 characters
    described = {str(one.SeriesDescription) for one in datasets(exported(item, plugin, tmp_path))}
    wanted = "ADC (mm2/s) of b=0/500 " + 41 * "x"
    assert len(wanted) == 64
    assert (described == {wanted}) is (plugin not in OF_ANOTHER_NAME)


def test_tags_of_the_series_are_those_that_the_user_gives(plugin_and_item, tmp_path):
    plugin, item = plugin_and_item
    given = {
        "SeriesInstanceUID": "1.2.77",
        "SeriesNumber": "42",
        "SeriesDescription": "Mine",
        "SeriesDate": "20200304",
        "SeriesTime": "050607",
        "StudyDescription": "For this export",
    }
    for one in datasets(exported(item, plugin, tmp_path, **given)):
        assert {name: str(one.get(name)) for name in given} == given


def test_a_scene_without_study_is_no_way_into_a_series(volume, tmp_path):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    refused("DICOMSlicerDataBundlePlugin", int(hierarchy().GetItemByDataNode(node)), tmp_path)


def test_a_scene_takes_nothing_of_the_study_from_which_its_volume_was_moved(volume, tmp_path):
    (kept,) = datasets(
        exported(int(hierarchy().GetItemByDataNode(volume)), "DICOMSlicerDataBundlePlugin", tmp_path / "kept")
    )
    assert kept.AccessionNumber == "A1"
    (moved,) = datasets(exported(below_study(volume), "DICOMSlicerDataBundlePlugin", tmp_path / "moved"))
    assert (moved.StudyInstanceUID, moved.AccessionNumber, moved.StudyDate) == ("1.2.3.4", "", "")


def test_a_plugin_that_writes_nothing_has_failed(database, tmp_path, monkeypatch):
    from DICOMLib import DICOMPlugin

    class SilentPlugin(DICOMPlugin):
        def export(self, exportables):
            return ""

    monkeypatch.setitem(slicer.modules.dicomPlugins, "SilentPlugin", SilentPlugin)
    item = below_study(volume_node(np.ones((2, 3, 4), np.int16), np.diag([-1, -1, 1, 1]), "Ones"))
    (exportable,) = offered(item, "DICOMScalarVolumePlugin")
    exportable.pluginClass = "SilentPlugin"
    report = run(export([exportable], tmp_path / "out"))
    assert not report.succeeded
    assert report.failed == [("Ones", "The plugin SilentPlugin wrote no file, and did not say why.")]


@pytest.mark.parametrize("uid", ["1.2.DOE^JANE", "1." + "2" * 63])  # PS3.5 9.1: digits and dots, at most 64
@pytest.mark.parametrize("plugin", ["DICOMScalarVolumePlugin", "DICOMSegmentationPlugin"])
def test_a_study_uid_against_the_standard(volume, tmp_path, plugin, uid):
    """What to do is told, and not the UID, which may be a name; what is told to do helps."""
    node = volume if plugin == "DICOMScalarVolumePlugin" else segmentation(volume)
    item = hierarchy().GetItemByDataNode(node)
    study = hierarchy().GetItemParent(hierarchy().GetItemByDataNode(volume))
    hierarchy().SetItemParent(item, study)
    hierarchy().SetItemAttribute(study, "DICOM.StudyInstanceUID", uid)

    ((_name, reason),) = run(export(offered(item, plugin), tmp_path / "refused")).failed
    assert reason.startswith(
        "The Study Instance UID of the study of the data is not valid: a UID consists of"
    )
    assert f"only '{Anonymize.label}' replaces such a UID" in reason
    assert "Give the tag StudyInstanceUID another value" in reason
    assert reason.endswith("or move the data below another study.")
    assert uid not in reason

    (written, *_) = datasets(exported(item, plugin, tmp_path / "out", StudyInstanceUID="1.2.5"))
    assert (written.StudyInstanceUID, written.PatientID) == ("1.2.5", volume_patient(study))


def volume_patient(study):
    """Patient ID of a study of the subject hierarchy."""
    return hierarchy().GetItemAttribute(hierarchy().GetItemParent(study), "DICOM.PatientID")


def test_what_items_show_where_images_say_nothing_is_not_written(database, tmp_path):
    images = stack(heights(0, 3, 6), PatientName="", StudyDescription=None)
    write(images, tmp_path / "source")
    node = loaded_back(tmp_path / "source", str(images[0].SeriesInstanceUID))
    item = int(hierarchy().GetItemByDataNode(node))
    study = hierarchy().GetItemParent(item)
    shown = hierarchy().GetItemAttribute(study, "DICOM.StudyDescription")
    assert shown == "No study description"
    # as the dialog gives them, too
    for tags in ({}, {"StudyDescription": shown, "PatientName": "No name"}):
        folder = tmp_path / f"written with {len(tags)}"
        for one in datasets(exported(item, "DICOMScalarVolumePlugin", folder, **tags)):
            assert (str(one.PatientName), one.get("StudyDescription", "")) == ("", "")
