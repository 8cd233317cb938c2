"""Files are fetched from a server once, checked, and loaded, as modules of extensions ask for it."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytestmark = [pytest.mark.mrml, pytest.mark.gui]

VALUES = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


@pytest.fixture
def served(scene, tmp_path, monkeypatch):
    """A server with `volume.nrrd` and `files.zip`; its URL, what it was asked for, a digest of the volume."""
    import slicer

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "served"
    folder.mkdir()
    slicer.util.saveNode(slicer.util.addVolumeFromArray(VALUES), str(folder / "volume.nrrd"))
    with zipfile.ZipFile(folder / "files.zip", "w") as archive:
        archive.write(folder / "volume.nrrd", "inner/volume.nrrd")
    scene.Clear(0)
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_arguments):
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever).start()
        digest = hashlib.sha256((folder / "volume.nrrd").read_bytes()).hexdigest()
        yield SimpleNamespace(
            url=f"http://127.0.0.1:{server.server_port}", asked=asked, checksum=f"SHA256:{digest}"
        )
        server.shutdown()
    vars(slicer.modules).pop("sampleDataSources", None)


def test_a_volume_is_fetched_once_and_loaded(served, host):
    import SampleData
    import slicer

    for _again in range(2):
        (node,) = SampleData.downloadFromURL(
            uris=f"{served.url}/volume.nrrd", nodeNames="Fetched", checksums=served.checksum
        )
        assert np.array_equal(slicer.util.arrayFromVolume(node), VALUES)
        assert node.GetName().startswith("Fetched")
    assert served.asked == ["/volume.nrrd"]


def test_what_has_no_node_name_is_a_file(served, host):
    import SampleData

    first, second = SampleData.downloadFromURL(
        uris=[f"{served.url}/files.zip", f"{served.url}/volume.nrrd"],
        fileNames=["one.zip", None],
        loadFiles=[True, None],
    )
    assert (Path(first) / "inner" / "volume.nrrd").is_file()
    assert Path(second).name == "volume.nrrd"
    assert Path(second).is_file()


def test_a_file_that_is_not_the_one(served, host):
    import SampleData

    logic = SampleData.SampleDataLogic()
    wrong = "SHA256:" + 64 * "0"
    with pytest.raises(RuntimeError, match=r"volume\.nrrd could not be fetched as the file it should be"):
        logic.downloadFileIntoCache(f"{served.url}/volume.nrrd", "volume.nrrd", wrong)
    assert not (SampleData.cache_folder() / "volume.nrrd").exists()
    path = logic.downloadFileIntoCache(f"{served.url}/volume.nrrd", "volume.nrrd", served.checksum)
    assert Path(path).is_file()


def test_what_modules_register_can_be_fetched_by_its_name(served, host):
    """As the template of Slicer's modules does it."""
    import SampleData

    for _again in range(2):  # a module that is reloaded registers again
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category="Mine",
            sampleName="Mine1",
            thumbnailFileName="mine.png",
            uris=f"{served.url}/volume.nrrd",
            fileNames="mine.nrrd",
            checksums=served.checksum,
            nodeNames="Mine1",
        )
    made = []
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        sampleName="Made", customDownloader=lambda source: made.append(source.sampleName) or "done"
    )
    assert SampleData.downloadSample("Mine1").GetName() == "Mine1"
    assert SampleData.SampleDataLogic().downloadMine1().GetName().startswith("Mine1")
    assert (SampleData.downloadSamples("Made"), made) == (["done"], ["Made"])
    assert list(SampleData.SampleDataLogic.sampleDataSourcesByCategory()) == ["Mine", "Custom"]
    assert len(SampleData.SampleDataLogic.sampleDataSourcesByCategory("Mine")) == 1


def test_slicers_own_samples_are_told_to_be_elsewhere(served, host):
    import SampleData

    with pytest.raises(RuntimeError, match=r"no sample 'MRHead'; registered are: none.*downloadFromURL"):
        SampleData.SampleDataLogic().downloadMRHead()
    with pytest.raises(AttributeError, match="teapot"):
        SampleData.SampleDataLogic().teapot  # noqa: B018
    with pytest.raises(ValueError, match="There are 1 addresses, but 2 values"):
        SampleData.downloadFromURL(uris="http://localhost/a", nodeNames=["a", "b"])
