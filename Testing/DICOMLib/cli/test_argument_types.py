"""Wrong values of options: told in words, before anything is done."""

from __future__ import annotations

import pytest

from DICOMLib.cli import main

PEER = ["--host", "localhost"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["echo", *PEER, "--timeout", "-1"], "-1 is no time to wait"),
        (["echo", *PEER, "--timeout", "nan"], "nan is no time to wait"),
        (["echo", *PEER, "--response-timeout", "soon"], "soon is no time to wait"),
        (["echo", *PEER, "--port", "99999"], "99999 is no port"),
        (["echo", *PEER, "--port", "0"], "0 is no port: a number from 1"),
        (["echo", *PEER, "--doctor", "--listener", "11112"], "11112 is no listener"),
        (["echo", *PEER, "--doctor", "--listener", "ME:x"], "x is no port"),
        (["find", "study", "PatientName", *PEER], "PatientName asks for nothing"),
        (["find", "study", "PatientName=A", *PEER, "--limit", "-1"], "-1 is no whole number"),
        (["send", ".", *PEER, "--associations", "0"], "0 is too few"),
        (["listen", "--database", "db", "--allow-address", "300.1.1.1"], "300.1.1.1 is no address"),
        (["listen", "--database", "db", "--max-associations", "0"], "0 is too few"),
        (["listen", "--database", "db", "--min-free", "1.5"], "1.5 is no whole number"),
        (
            ["load", "--database", "db", "--output", "out", "--series", ""],
            "--series: the UID is empty; `slicer",
        ),
        (
            ["load", "--database", "db", "--output", "out", "--series", "1.2", " "],
            "--series: the UID is empty",
        ),
        (
            ["export", "--database", "db", "--output", "out", "--input", "a.nrrd", "--reference", ""],
            "--reference: the UID is empty",
        ),
        (["explain", "--database", "db", ""], "the UID is empty"),
        (["deidentify", "--database", "db", "--output", "out", "--study", ""], "--study: the UID is empty"),
        (["deidentify", "--database", "db", "--output", "out", "--series", ""], "--series: the UID is empty"),
        (["retrieve", "", *PEER, "--database", "db"], "'' is no UID"),
        (["retrieve", "1.2", "--series", "", *PEER, "--database", "db"], "'' is no UID"),
    ],
)
def test_a_wrong_value(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert words in capsys.readouterr().err
    assert not any(tmp_path.iterdir())
