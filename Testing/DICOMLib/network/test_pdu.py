"""PDUs and command sets: round trips, what pynetdicom and pydicom make of them, and noise."""

from __future__ import annotations

import contextlib
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ

from DICOMLib.network import pdu
from DICOMLib.network.pdu import AssociateRequest, Context, ProtocolError

CT, EXPLICIT, IMPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
REQUEST = AssociateRequest(
    "THERE", "HERE", (Context(1, CT, (EXPLICIT, IMPLICIT)), Context(3, "1.2.3", (IMPLICIT,))), 16384
)


def test_request_as_pynetdicom_reads_it():
    read = A_ASSOCIATE_RQ()
    read.decode(pdu.encode_request(REQUEST))
    assert (read.called_ae_title, read.calling_ae_title) == ("THERE", "HERE")
    found = [
        (item.context_id, item.abstract_syntax, item.transfer_syntax) for item in read.presentation_context
    ]
    assert found == [(1, CT, [EXPLICIT, IMPLICIT]), (3, "1.2.3", [IMPLICIT])]
    assert read.user_information.maximum_length == 16384


def test_request_of_pynetdicom_is_read(tmp_path):
    read = A_ASSOCIATE_RQ()
    read.decode(pdu.encode_request(REQUEST))
    assert pdu.decode_request(read.encode()[6:]) == REQUEST


def test_titles_cannot_break_lines_of_a_log():
    raw = bytearray(pdu.encode_request(REQUEST)[6:])
    raw[20:36] = b"EVIL\nERROR: a b\x1b"
    assert pdu.decode_request(bytes(raw)).calling == "EVIL?ERROR: a b?"


def test_acceptance():
    encoded = pdu.encode_accept(REQUEST, [(1, 0, EXPLICIT), (3, 3, IMPLICIT)])
    read = A_ASSOCIATE_AC()
    read.decode(encoded)
    assert [(item.context_id, item.result) for item in read.presentation_context] == [(1, 0), (3, 3)]
    answer = pdu.decode_accept(encoded[6:])
    assert answer.accepted == {1: EXPLICIT}
    assert answer.max_length == pdu.MAX_PDU_BYTES


@pytest.mark.parametrize("longest", range(1, 8))
def test_a_side_that_takes_no_data(longest):
    """Nothing could be sent to it, and trying would have no end."""
    request = replace(REQUEST, max_length=longest)
    with pytest.raises(ProtocolError, match="no room"):
        pdu.decode_request(pdu.encode_request(request)[6:])
    accepted = pdu.encode_accept(REQUEST, [(1, 0, EXPLICIT)])
    own = struct.pack(">BxHI", 0x51, 4, pdu.MAX_PDU_BYTES)
    assert accepted.count(own) == 1
    with pytest.raises(ProtocolError, match="no room"):
        pdu.decode_accept(accepted.replace(own, struct.pack(">BxHI", 0x51, 4, longest))[6:])


def test_rejection():
    read = A_ASSOCIATE_RJ()
    read.decode(pdu.reject(1, 1, 7))
    assert (read.result, read.source, read.reason_diagnostic) == (1, 1, 7)


def test_command_as_pydicom_reads_it():
    values = {0x0002: CT, 0x0100: 1, 0x0110: 7, 0x0700: 0, 0x0800: 1, 0x1000: "1.2.3.4"}
    raw = pdu.encode_command(values)
    read = read_dataset(DicomBytesIO(raw), is_implicit_VR=True, is_little_endian=True)
    assert (read.CommandGroupLength, read.AffectedSOPClassUID, read.MessageID) == (len(raw) - 12, CT, 7)
    assert pdu.decode_command(raw).values == values


def test_file_meta_as_pydicom_reads_it(tmp_path):
    import pydicom

    from DICOMLib.network.arrival import file_meta

    path = tmp_path / "file"
    path.write_bytes(file_meta(CT, "1.2.3", IMPLICIT, "PEER"))
    meta = pydicom.dcmread(path).file_meta
    assert (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID) == (CT, "1.2.3")
    assert (meta.TransferSyntaxUID, meta.SourceApplicationEntityTitle) == (IMPLICIT, "PEER")


@pytest.mark.parametrize("decode", [pdu.decode_request, pdu.decode_accept, pdu.decode_command])
@settings(deadline=None, max_examples=120)
@given(data=some.data())
def test_noise_is_refused_and_nothing_else(decode, data):
    """Random bytes, and messages that were damaged."""
    valid = {
        pdu.decode_request: pdu.encode_request(REQUEST)[6:],
        pdu.decode_accept: pdu.encode_accept(REQUEST, [(1, 0, EXPLICIT)])[6:],
        pdu.decode_command: pdu.encode_command({0x0100: 1, 0x1000: "1.2.3"}),
    }[decode]
    raw = bytearray(data.draw(some.one_of(some.binary(max_size=200), some.just(valid))))
    for place, value in data.draw(
        some.lists(some.tuples(some.integers(0, 250), some.integers(0, 255)), max_size=5)
    ):
        if place < len(raw):
            raw[place] = value
    raw = raw[: data.draw(some.integers(0, len(raw)))]
    with contextlib.suppress(ProtocolError):
        decode(bytes(raw))


@given(
    calling=some.text(alphabet="ABCDEF_19", min_size=1, max_size=16),
    contexts=some.lists(
        some.tuples(some.sampled_from([CT, "1.2"]), some.lists(some.sampled_from([EXPLICIT, IMPLICIT]))),
        min_size=1,
        max_size=128,
    ),
)
def test_round_trip(calling, contexts):
    request = AssociateRequest(
        "X",
        calling,
        tuple(Context(2 * number + 1, uid, tuple(all_)) for number, (uid, all_) in enumerate(contexts)),
    )
    assert pdu.decode_request(pdu.encode_request(request)[6:]) == request
