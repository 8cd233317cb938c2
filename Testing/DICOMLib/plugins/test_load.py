"""Loading with a small plugin: what is reported, and where it can be left."""

from __future__ import annotations

import logging

import pytest

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.plugins import registry
from DICOMLib.plugins.base import DICOMPlugin
from DICOMLib.plugins.explain import explain, explain_by_names
from DICOMLib.plugins.load import load, load_series
from DICOMLib.plugins.loadable import DICOMLoadable
from DICOMLib.plugins.references import referenced_file_lists
from Testing.image_series import heights, image, stack, write

pytestmark = pytest.mark.mrml


def offer(name, *files, **attributes):
    loadable = DICOMLoadable()
    loadable.name, loadable.files, loadable.selected = name, list(files), True
    for attribute, value in attributes.items():
        setattr(loadable, attribute, value)
    return loadable


class TextPlugin(DICOMPlugin):
    """Makes a text node; refuses and fails on demand."""

    def __init__(self):
        super().__init__()
        self.loadType = "Text"

    def load(self, loadable):
        import slicer

        if loadable.name == "refused":
            return False
        if loadable.name == "broken":
            raise ValueError("out of range")
        if loadable.name == "unreadable":
            raise InvalidDICOM("folder/Doe_Jane.dcm", "the file is truncated")
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", loadable.name)
        slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextStorageNode")
        slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelDisplayNode")
        return node


class LatePlugin(TextPlugin):
    """Adds a node before it fails."""

    def load(self, loadable):
        super().load(loadable)
        raise ValueError("too late.")


def test_what_a_failed_plugin_had_added_is_told(database):
    """It stays: plugins there are that load, and then say nothing."""
    import slicer

    report = run(load({LatePlugin(): [offer("first")]}))
    (failure,) = report.failed
    assert failure.reason == "ValueError: too late; what was added before stays in the scene: 'first'"
    assert [slicer.mrmlScene.GetNodeByID(one).GetName() for one in report.node_ids] == ["first"]


def test_report(database, caplog):
    import slicer

    loadables = [offer(name) for name in ("good", "refused", "broken", "fine")]
    loadables.append(offer("not wanted", selected=False))
    report = run(load({TextPlugin(): loadables}))
    nodes = [slicer.mrmlScene.GetNodeByID(node_id) for node_id in report.node_ids]
    assert [node.GetName() for node in nodes] == ["good", "fine"]
    assert [loaded.loadable.name for loaded in report.loaded] == ["good", "fine"]
    assert [str(failure) for failure in report.failed] == [
        "Could not load: refused as a Text",
        "Could not load: broken as a Text",
    ]
    assert report.failed[1].reason == "ValueError: out of range"
    assert [loadable.loadSuccess for loadable in loadables[:4]] == [True, False, False, True]
    assert not hasattr(loadables[4], "loadSuccess")
    assert "TextPlugin failed" in caplog.text


def test_a_fault_of_a_file_is_told_without_its_path(database, caplog):
    """It is no error of the program: the report tells it, the log only to who shows no report."""
    (failure,) = run(load({TextPlugin(): [offer("unreadable")]})).failed
    assert failure.reason == "the file is truncated"
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    from DICOMLib import DICOMUtils

    DICOMUtils.loadLoadables({TextPlugin(): [offer("unreadable")]})
    (told,) = [record for record in caplog.records if record.levelno > logging.INFO]
    assert told.levelno == logging.WARNING
    assert told.getMessage() == "DICOM plugin TextPlugin could not load the data (the file is truncated)"


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_cancel(database, steps):
    import slicer

    job = load({TextPlugin(): [offer("1"), offer("2"), offer("3")]})
    for _ in range(steps):
        next(job)
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    report = end.value.value
    assert report.cancelled
    assert len(report.node_ids) == steps - 1
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLTextNode") == steps - 1


def test_derived_items_are_indexed(database, tmp_path):
    (path,) = write([image()], tmp_path / "files")
    run(load({TextPlugin(): [offer("good", derivedItems=[path])]}))
    assert database.fileForInstance(database.instanceForFile(path)) == path


@pytest.fixture
def two_series(database, tmp_path):
    """An image series 1.2.3.4, and 1.2.3.9 that refers to it."""
    images = stack(heights(0, 3))
    other = image(SeriesInstanceUID="1.2.3.9", SeriesNumber=9, SeriesDescription="Other")
    paths = write([*images, other], tmp_path / "files")
    for path in paths:
        database.insert(path, False)
    return [dataset.SOPInstanceUID for dataset in images], paths


def test_load_series(two_series):
    import slicer

    report = run(load_series(["1.2.3.4"], ["DICOMScalarVolumePlugin", "NoPlugin"]))
    (node_id,) = report.node_ids
    assert slicer.mrmlScene.GetNodeByID(node_id).GetName() == "7: Axial"
    assert [failure.plugin for failure in report.failed_plugins] == ["NoPlugin"]


def test_cancelled_while_examining_loads_nothing(two_series):
    job = load_series(["1.2.3.4"], ["DICOMScalarVolumePlugin"])
    next(job)
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    assert end.value.value.cancelled
    assert end.value.value.node_ids == []


def test_referenced_files(two_series):
    uids, paths = two_series
    referring = offer("other", paths[2], referencedInstanceUIDs=[*uids, "1.2.77"])
    plugin = TextPlugin()
    assert referenced_file_lists({plugin: [referring]}) == [paths[:2]]
    held = offer("images", paths[1], paths[0])
    assert referenced_file_lists({plugin: [referring, held]}) == []


def test_series_that_are_chosen_are_not_asked_for(database, two_series):
    """A dose refers to images, structures and a plan at once; each may be among the chosen series."""
    uids, paths = two_series
    named = [uids[0], database.instanceForFile(paths[2])]
    plugin, dose = TextPlugin(), offer("dose", "dose.dcm", referencedInstanceUIDs=named)
    assert referenced_file_lists({plugin: [dose]}) == [[paths[0]], [paths[2]]]
    images = offer("images", *paths[:2])  # more of them than the dose names
    assert referenced_file_lists({plugin: [dose, images]}) == [[paths[2]]]
    assert referenced_file_lists({plugin: [dose, images, offer("other", paths[2])]}) == []


def test_series_is_loaded_with_what_it_refers_to(two_series, monkeypatch):
    import slicer

    uids, paths = two_series

    class Referring(TextPlugin):
        def examineFiles(self, files):
            wanted = paths[2] in files
            return [offer("other", *files, confidence=0.9, referencedInstanceUIDs=uids)] if wanted else []

    monkeypatch.setitem(registry.registered(), "ReferringPlugin", Referring)
    names = ["DICOMScalarVolumePlugin", "ReferringPlugin"]
    report = run(load_series(["1.2.3.9"], names, references=True))
    loaded = {slicer.mrmlScene.GetNodeByID(node_id).GetName() for node_id in report.node_ids}
    assert loaded == {"7: Axial", "other"}


class Declining(DICOMPlugin):
    def examineFiles(self, files):
        return []

    def explainDecline(self, files):
        return f"None of {len(files)} files is a report."


class Failing(DICOMPlugin):
    def examineFiles(self, files):
        raise KeyError("x")


def test_explanation(two_series):
    import slicer

    volumes = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    plugins = {"Failing": Failing(), "Declining": Declining(), "Plain": DICOMPlugin(), "Volumes": volumes}
    result = run(explain("1.2.3.4", plugins))
    assert result.is_loadable
    assert result.facts == ["Kind of data: CT Image Storage.", "2 slices, 3 mm apart."]
    answers = {answer.plugin: (answer.confidence, answer.reason) for answer in result.answers}
    assert result.answers[0].plugin == "Volumes"
    assert answers == {
        "Volumes": (0.5, "Offers '7: Axial'."),
        "Declining": (None, "None of 2 files is a report."),
        "Failing": (None, "The plugin failed: KeyError: 'x'"),
        "Plain": (None, "The files are of a kind that this plugin does not read."),
    }
    assert "Scalar Volume (Volumes): 50%." in result.as_text()


class Unmakeable(DICOMPlugin):
    def __init__(self):
        raise RuntimeError("no licence")


def test_explanation_names_plugins_that_were_not_asked(two_series, monkeypatch):
    """One that cannot be made, and one that the user has switched off."""
    import slicer

    monkeypatch.setitem(slicer.modules.dicomPlugins, "Unmakeable", Unmakeable)
    wanted = [name for name in slicer.modules.dicomPlugins if name != "DICOMScalarVolumePlugin"]
    result = run(explain_by_names("1.2.3.4", wanted))
    assert not result.is_loadable
    answers = {answer.plugin: (answer.load_type, answer.reason) for answer in result.answers}
    assert answers.keys() == slicer.modules.dicomPlugins.keys()
    assert [answer.plugin for answer in result.answers[:2]] == ["Unmakeable", "DICOMScalarVolumePlugin"]
    assert answers["Unmakeable"][1] == "The plugin cannot be used: RuntimeError: no licence"
    assert answers["DICOMScalarVolumePlugin"][0] == "Scalar Volume"
    assert answers["DICOMScalarVolumePlugin"][1].startswith("It is switched off, and was not asked")


def test_explanation_of_what_is_missing(database, tmp_path):
    paths = write(stack(heights(0, 3, 9), PixelData=None), tmp_path / "files")
    for path in paths:
        database.insert(path, False)
    assert run(explain("1.2.3.4", {})).facts[1] == "3 of 3 files have no pixel data."
    (tmp_path / "files" / "0001.dcm").unlink()
    assert run(explain("1.2.3.4", {})).facts[0] == "1 of 3 files are not on the disk."
    for path in (tmp_path / "files").iterdir():
        path.unlink()
    assert "None of the files is on the disk" in run(explain("1.2.3.4", {"Plain": DICOMPlugin()})).facts[0]


def test_explanation_of_compression_and_gaps(database, tmp_path):
    datasets = stack(heights(0, 3, 9, 12), TransferSyntaxUID="1.2.840.10008.1.2.4.102")
    for dataset in datasets:
        dataset["PixelData"].is_undefined_length = True
        dataset.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\2\0\0\0\0\0"
    for path in write(datasets, tmp_path / "files"):
        database.insert(path, False)
    facts = run(explain("1.2.3.4", {})).facts
    assert "no installed decoder" in facts[1]
    assert facts[2] == "1 slice is missing, after slice 2."


def test_temporary_folders_are_removed(database, tmp_path, caplog):
    class Careless(TextPlugin):
        def load(self, loadable):
            self.tempDir = str(tmp_path / "work")
            (tmp_path / "work").mkdir()
            return super().load(loadable)

    class Stubborn(TextPlugin):
        def cleanup(self):
            raise OSError("busy")

    report = run(load({Careless(): [offer("one")], Stubborn(): [offer("two")]}))
    assert not (tmp_path / "work").exists()
    assert len(report.loaded) == 2
    assert "Stubborn failed while it cleaned up" in caplog.text


def test_a_plugin_that_does_not_call_the_constructor_of_its_base(database, caplog):
    """It broke off the whole load, for it has no type of data to tell of."""

    class Bare(TextPlugin):
        def __init__(self):
            pass

    report = run(load({Bare(): [offer("one")], TextPlugin(): [offer("two")]}))
    assert [one.load_type for one in report.loaded] == ["Generic DICOM", TextPlugin().loadType]
    assert "cleaned up" not in caplog.text


@pytest.mark.parametrize(
    ("plugin", "attributes"),
    [
        ("DICOMScalarVolumePlugin", {}),
        ("DICOMImageSequencePlugin", {"singleSequence": True, "instanceNumbers": [1]}),
    ],
)
def test_a_plugin_says_why_it_could_not_read(database, tmp_path, caplog, plugin, attributes):
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEG2000Lossless

    dataset = image()
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.PixelData = encapsulate([b"no codestream at all"])
    dataset["PixelData"].is_undefined_length = True
    (path,) = write([dataset], tmp_path / "files")
    database.insert(path, False)
    instance = registry.instances([plugin])[0][plugin]
    (failure,) = run(load({instance: [offer("broken pixels", path, **attributes)]})).failed
    assert failure.reason.startswith("The pixels cannot be decoded: ")
    assert "\n" not in failure.reason
    assert str(tmp_path) not in failure.reason
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_what_no_decoder_reads_is_not_tried(two_series, monkeypatch):
    """Plugins that show pixels are not called; those of others are, which may know more."""
    from pydicom import dcmread

    _uids, paths = two_series
    dataset = dcmread(paths[2])
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.102"
    dataset.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\2\0\0\0\0\0"
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(paths[2])

    class Showing(TextPlugin):
        showsPixels = True

    report = run(load({Showing(): [offer("one", paths[2])], TextPlugin(): [offer("two", paths[2])]}))
    assert [loaded.loadable.name for loaded in report.loaded] == ["two"]
    (failure,) = report.failed
    assert (failure.name, failure.reason.split(",")[-1]) == ("one", " which no installed decoder can read.")
