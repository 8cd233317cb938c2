"""The reader of multipart answers: whatever comes, cut wherever it may be."""

from __future__ import annotations

import email
import email.policy
import re
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart

import pytest
from hypothesis import given
from hypothesis import strategies as st

from DICOMLib.core.errors import NetworkError, PeerAborted
from DICOMLib.web.client.multipart import MultipartReader, content_type

LIMIT = "limit"


def message(contents: list[bytes], boundary: str = LIMIT) -> bytes:
    parts = [
        b"--%b\r\nX-Number: %d\r\n\r\n%b\r\n" % (boundary.encode(), n, c) for n, c in enumerate(contents)
    ]
    return b"".join(parts) + b"--%b--\r\n" % boundary.encode()


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, start = [], 0
    for size in sizes:
        pieces.append(data[start : start + size])
        start += size
    return [*pieces, data[start:]]


def contents_of(pieces: list[bytes], boundary: str = LIMIT) -> list[bytes]:
    return [b"".join(part.pieces) for part in MultipartReader(pieces, boundary)]


# what looks like a delimiter, or like the beginning of one
_TRICKY = st.sampled_from(
    [b"\r\n", b"--", b"\r\n--limi", b"\r\n--limits", b"-", b"\r\n\r\n", b"--limit", b"\0"]
)
_DELIMITER = re.compile(rb"\r\n--limit(--|[ \t]*\r\n)")
_CONTENT = (
    st.lists(st.one_of(_TRICKY, st.binary(max_size=20)), max_size=8)
    .map(b"".join)
    .filter(lambda content: not _DELIMITER.search(b"\r\n" + content + b"\r\n"))
)


@given(st.lists(_CONTENT, max_size=4), st.lists(st.integers(0, 40), max_size=30))
def test_every_content_comes_back_however_it_is_cut(contents, sizes):
    assert contents_of(cut(message(contents), sizes)) == contents


@given(
    st.lists(_CONTENT, min_size=1, max_size=3), st.integers(0, 400), st.lists(st.integers(0, 40), max_size=9)
)
def test_what_is_cut_off_is_never_taken_for_whole(contents, end, sizes):
    whole = message(contents)
    end = min(end, len(whole) - len(b"\r\n") - 1)  # within the closing delimiter at the latest
    with pytest.raises(PeerAborted):
        contents_of(cut(whole[:end], sizes))


@given(st.binary(max_size=300), st.lists(st.integers(0, 40), max_size=9))
def test_garbage_ends_with_a_clear_error(garbage, sizes):
    try:
        contents_of(cut(garbage, sizes))
    except NetworkError:
        return
    assert b"--limit--" in garbage


def test_as_the_library_of_python_reads_it():
    mime = MIMEMultipart("related", boundary="=_b/x")
    for content in (b"one", b"two\r\n--=_b/", b""):
        mime.attach(MIMEApplication(content, "dicom", _encoder=lambda _part: None))
    raw = mime.as_bytes(policy=email.policy.HTTP)
    body = raw.partition(b"\r\n\r\n")[2]
    kind, boundary = content_type(mime["Content-Type"])
    assert (kind, boundary) == ("multipart/related", "=_b/x")
    expected = [
        part.get_payload(decode=True)
        for part in email.message_from_bytes(raw, policy=email.policy.HTTP).walk()
    ][1:]
    assert contents_of([body], boundary) == expected == [b"one", b"two\r\n--=_b/", b""]


def test_headers_padding_preamble_and_epilogue():
    body = (
        b"hello\r\n--limit \t\r\nContent-Type: application/dicom\r\nX: a:b\r\n\r\nabc"
        b"\r\n--limit\r\n\r\nd\r\n--limit--junk"
    )
    parts = [(part.headers, b"".join(part.pieces)) for part in MultipartReader([body], LIMIT)]
    assert parts == [({"content-type": "application/dicom", "x": "a:b"}, b"abc"), ({}, b"d")]


def test_a_part_that_is_not_read_is_passed_over():
    reader = iter(MultipartReader([message([b"x" * 10_000, b"second"])], LIMIT))
    next(reader)
    assert next(reader).read(100) == b"second"


def test_memory_is_bounded():
    """Nothing but the pieces themselves is kept, however large a part, a header or a preamble is."""
    reader = iter(MultipartReader(iter([b"--limit\r\n\r\n", *[b"y" * 1000] * 100, b"\r\n--limit--"]), LIMIT))
    assert max(len(piece) for piece in next(reader).pieces) <= 2000
    for endless in (b"preamble " * 1000, b"--limit\r\nX: " + b"y" * 5000):
        with pytest.raises(NetworkError, match=r"begins|do not end"):
            contents_of([endless, *[b"z" * 10_000] * 100])
    with pytest.raises(NetworkError, match="more than"):
        next(iter(MultipartReader([message([b"x" * 2000])], LIMIT))).read(1000)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Multipart/Related; type="application/dicom"; boundary="a b"', ("multipart/related", "a b")),
        ("application/dicom", ("application/dicom", "")),
        ("", ("", "")),
        ("multipart/related; boundary=" + "x" * 300, ("multipart/related", "")),
        ("multipart/related; boundary", ("multipart/related", "")),
    ],
)
def test_content_type(header, expected):
    assert content_type(header) == expected
