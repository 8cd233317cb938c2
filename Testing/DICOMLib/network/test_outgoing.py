"""Headers of files to send: the fast reader against pydicom, on synthetic and real files."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pynetdicom.dsutils import split_dataset

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.network.outgoing import contexts_for, read_outgoing, start_of
from DICOMLib.network.outgoing_header import FIRST_BYTES, usual_header
from Testing import factories
from Testing.DICOMLib.network import files


def expected(path):
    """What pydicom reads."""
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    meta, offset = split_dataset(path)
    uids = (dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.StudyInstanceUID, dataset.SeriesInstanceUID)
    return (*map(str, uids), str(meta.TransferSyntaxUID), offset)


def found(path):
    one = read_outgoing(path)
    return one.sop_class, one.sop_instance, one.study, one.series, one.transfer_syntax, one.offset


def test_every_encoding(tmp_path):
    paths = [Path(path) for path in files.write_all(tmp_path)]
    assert [found(path) for path in paths] == [expected(path) for path in paths]
    usual = [usual_header(path.read_bytes()[:FIRST_BYTES]) is not None for path in paths]
    assert sum(usual) == 5  # not the deflated one, and not that in big endian


def test_headers_of_scanners(tmp_path):
    datasets = [factories.scanner_header(dataset) for dataset in factories.ct_series(2)]
    for path in map(Path, factories.write(datasets, tmp_path)):
        assert found(path) == expected(path)


@pytest.mark.filterwarnings("ignore")
def test_real_files(shared_data):
    paths = sorted((shared_data / "ct-transfer-syntaxes").rglob("CT*"))
    paths += sorted((shared_data / "dcm_qa_enh").rglob("*.dcm"))[:20]
    assert len(paths) > 20
    assert [found(path) for path in paths] == [expected(path) for path in paths]


@pytest.mark.parametrize("cut", [0, 100, 140, 154, 200, 330])
def test_cut_files_are_left_to_pydicom_or_refused(tmp_path, cut):
    (path,) = factories.write(factories.ct_series(1), tmp_path)
    short = tmp_path / "short"
    short.write_bytes(Path(path).read_bytes()[:cut])
    with pytest.raises(InvalidDICOM):
        read_outgoing(short)


def test_one_context_for_each_syntax():
    kinds = {("1.2", files.RLE), ("1.2", files.EXPLICIT)}
    assert [context.transfer_syntaxes for context in contexts_for(kinds, transcode=False)] == [
        (files.EXPLICIT,),
        (files.RLE,),
    ]
    contexts = contexts_for(kinds, transcode=True)
    assert {context.transfer_syntaxes for context in contexts} == {
        (files.EXPLICIT,),
        (files.IMPLICIT,),
        (files.RLE,),
        (files.DEFLATED, files.JPEG_LS, files.JPEG_2000, files.RLE),
    }
    assert [context.id for context in contexts] == [1, 3, 5, 7]


def test_files_without_meta_information(tmp_path):
    found = [read_outgoing(path) for path in files.write_bare(tmp_path)]
    assert [one.transfer_syntax for one in found] == [*files.BARE, files.EXPLICIT]
    assert [one.sop_instance for one in found] == [str(factories.uid("bare", number)) for number in range(4)]
    assert [one.is_complete for one in found] == [False] * 4
    for one in found:
        start, offset = start_of(one)
        whole = tmp_path / "whole.dcm"
        whole.write_bytes(start + Path(one.path).read_bytes()[offset:])
        again = read_outgoing(whole)
        assert (again.kind, again.is_complete) == (one.kind, True)


def test_compressed_pixels_without_transfer_syntax_are_not_guessed(tmp_path):
    (path,) = files.write_all(tmp_path, (files.JPEG_LS,))
    bare = tmp_path / "bare.dcm"
    bare.write_bytes(files.data_set(path))
    with pytest.raises(InvalidDICOM, match="does not say how"):
        read_outgoing(bare)


@pytest.mark.parametrize("syntax", [syntax for syntax in files.SYNTAXES if syntax != files.DEFLATED])
def test_what_is_cut_off_is_not_sent(tmp_path, syntax):
    (path,) = files.write_all(tmp_path, (syntax,))
    raw = Path(path).read_bytes()
    for less in (1, 100):
        Path(path).write_bytes(raw[:-less])
        with pytest.raises(InvalidDICOM, match="truncated"):
            read_outgoing(path)


@pytest.mark.parametrize("syntax", [files.EXPLICIT, files.IMPLICIT])
def test_what_is_cut_off_and_has_no_preamble_is_not_sent(tmp_path, syntax):
    (path,) = files.write_all(tmp_path, (syntax,))
    Path(path).write_bytes(files.data_set(path)[:-100])
    with pytest.raises(InvalidDICOM, match="truncated"):
        read_outgoing(path)
