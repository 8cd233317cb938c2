"""Files encoded anew show the same, to the last bit, whatever they were and become."""

from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest
from pydicom.pixels import pixel_array

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import run
from DICOMLib.network.peers import Peer
from DICOMLib.network.send import send
from DICOMLib.network.transcoding import TARGETS, encoded
from Testing import dcmtk, factories
from Testing.DICOMLib.network import files


def read_back(data, target) -> pydicom.Dataset:
    """The data set as a file of its own."""
    raw = pydicom.filebase.DicomBytesIO()
    meta = pydicom.dataset.FileMetaDataset()
    meta.TransferSyntaxUID = target
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2", "1.2.3"
    raw.write(bytes(128) + b"DICM")
    pydicom.filewriter.write_file_meta_info(raw, meta)
    raw.write(data.read())
    return pydicom.dcmread(io.BytesIO(raw.getvalue()))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", files.SYNTAXES)
def test_every_pair(tmp_path, source, target):
    (path,) = files.write_all(tmp_path, (source,))
    data, size = encoded(path, source, target)
    assert size == len(data.getvalue())
    again = read_back(data, target)
    assert np.array_equal(pixel_array(again), pixel_array(pydicom.dcmread(path)))
    assert again.PatientName == "Doe^Jane"


@pytest.mark.parametrize("target", TARGETS)
def test_colour_and_signed_numbers(tmp_path, target):
    chance = np.random.default_rng(3)
    eight_bits = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0}
    rgb = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}
    (colour,) = factories.ct_series(1, size=32, **rgb, **eight_bits)
    colour.PlanarConfiguration = 0
    colour.PixelData = chance.integers(0, 256, (32, 32, 3), np.uint8).tobytes()
    (signed,) = factories.ct_series(1, "signed", size=32)
    signed.PixelData = chance.integers(-(2**15), 2**15, (32, 32), np.int16).tobytes()
    for number, dataset in enumerate((colour, signed)):
        (path,) = factories.write([dataset], tmp_path / str(number))
        again = read_back(encoded(path, files.EXPLICIT, target)[0], target)
        assert np.array_equal(pixel_array(again, raw=True), pixel_array(dataset, raw=True))


@pytest.mark.parametrize("target", TARGETS)
def test_what_has_no_pixels(tmp_path, target):
    (path,) = factories.write([factories.text_report("Clear.")], tmp_path)
    assert (
        read_back(encoded(path, files.EXPLICIT, target)[0], target).ContentSequence[0].TextValue == "Clear."
    )


def test_what_cannot_be_encoded_is_told(tmp_path):
    (dataset,) = factories.ct_series(1)
    dataset.PixelData = bytes(10)
    (path,) = factories.write([dataset], tmp_path)
    with pytest.raises(InvalidDICOM, match="cannot be encoded anew"):
        encoded(path, files.EXPLICIT, files.JPEG_LS)


@pytest.mark.network
@pytest.mark.parametrize(
    "target", [files.JPEG_LS, files.JPEG_2000, files.RLE, files.DEFLATED, files.IMPLICIT]
)
def test_a_peer_that_takes_one_syntax_only(servers, tmp_path, target):
    """A storescp with a profile of that one syntax."""
    (tmp_path / "one.cfg").write_text(
        f"[[TransferSyntaxes]]\n[One]\nTransferSyntax1 = {target}\n"
        "[[PresentationContexts]]\n[Storage]\nPresentationContext1 = CTImageStorage\\One\n"
        "[[Profiles]]\n[Default]\nPresentationContexts = Storage\n"
    )
    (tmp_path / "received").mkdir()
    port = dcmtk.free_port()
    options = ["-xf", tmp_path / "one.cfg", "Default", "+B", "-od", tmp_path / "received", port]
    servers(dcmtk.Server("storescp", options, tmp_path, port))
    sources = files.write_all(tmp_path / "source")
    receipt = run(send(Peer("localhost", port), sources))
    assert receipt.complete, receipt.as_text()
    received = files.by_sop((tmp_path / "received").iterdir())
    assert {files.syntax_of(path) for path in received.values()} == {target}
    assert all(files.same_pixels(received[sop], path) for sop, path in files.by_sop(sources).items())
