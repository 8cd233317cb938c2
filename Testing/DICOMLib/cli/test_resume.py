"""slicer-dicom resume: what send and retrieve could not finish."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from DICOMLib.cli import main
from DICOMLib.network.transfer_queue import TransferQueue
from Testing import dcmtk, factories
from Testing.orthanc import free_port

pytestmark = pytest.mark.network


@pytest.fixture
def queue(tmp_path):
    return str(tmp_path / "queue")


def test_send_to_a_peer_that_was_gone(files, tmp_path, queue, capsys):
    port = free_port()
    (files / "readme.txt").unlink()
    command = ["send", str(files), "--host", "localhost", "--port", str(port), "--queue", queue]
    assert main(command) == 1
    assert main(["resume", "--queue", queue]) == 1
    told = capsys.readouterr()
    assert "Nothing listens" in told.err
    assert "Nothing is left" not in told.out
    (tmp_path / "received").mkdir()
    server = dcmtk.Server("storescp", ["-od", tmp_path / "received", port], tmp_path, port)
    try:
        assert main(["resume", "--queue", queue, "--json"]) == 0
        (receipt,) = json.loads(capsys.readouterr().out)
        assert (receipt["verb"], receipt["done"], receipt["complete"]) == ("sent", 4, True)
        assert main(["resume", "--queue", queue]) == 0
        assert capsys.readouterr().out == "Nothing is left to do.\n"
    finally:
        server.close()


def test_a_finished_transfer_leaves_nothing(files, tmp_path, queue):
    server = dcmtk.storescp(tmp_path)
    try:
        (files / "readme.txt").unlink()
        assert (
            main(["send", str(files), "--host", "localhost", "--port", str(server.port), "--queue", queue])
            == 0
        )
    finally:
        server.close()
    assert list((tmp_path / "queue").iterdir()) == []


def test_retrieve(files, tmp_path, queue, capsys):
    (files / "readme.txt").unlink()
    server = dcmtk.dcmqrscp(tmp_path)
    peer = ["--host", "localhost", "--called-ae", "QRSCP", "--port"]
    study = str(factories.uid("study"))
    database = ["--database", str(tmp_path / "db")]
    try:
        assert main(["send", str(files), *peer, str(server.port)]) == 0
        assert main(["retrieve", study, *database, "--queue", queue, *peer, str(free_port())]) == 1
        assert main(["resume", "--queue", queue, *database]) == 1  # nobody is there
        (order,) = (tmp_path / "queue").glob("*.json")
        text = json.loads(order.read_text())
        text["peer"]["port"] = server.port
        order.write_text(json.dumps(text))
        assert main(["resume", "--queue", queue]) == 1
        assert "needs a --database" in capsys.readouterr().err
        assert main(["resume", "--queue", queue, *database]) == 0
    finally:
        server.close()
    capsys.readouterr()
    main(["list", "instances", *database, "--json"])
    assert len(json.loads(capsys.readouterr().out)) == 4


def test_what_is_moved_comes_to_the_title_that_was_ordered(files, tmp_path, queue, capsys):
    """The peer knows this computer as STATION, and not by our own AE title."""
    (files / "readme.txt").unlink()
    where = free_port()
    server = dcmtk.dcmqrscp(tmp_path, {"STATION": where})
    peer = ["--host", "localhost", "--called-ae", "QRSCP", "--port"]
    there = ["--database", str(tmp_path / "db"), "--queue", queue, "--listener-port", str(where)]
    command = ["retrieve", str(factories.uid("study")), "--protocol", "move", "--listener-ae", "STATION"]
    try:
        assert main(["send", str(files), *peer, str(server.port)]) == 0
        assert main([*command, "--retries", "0", *there, *peer, str(free_port())]) == 1  # nobody is there
        queued = TransferQueue(tmp_path / "queue")
        (order,) = queued.orders()
        assert order.retries == 0
        queued.add(replace(order, peer=replace(order.peer, port=server.port)))
        capsys.readouterr()
        assert main(["resume", *there, "--json"]) == 0
    finally:
        server.close()
    (receipt,) = json.loads(capsys.readouterr().out)
    assert (receipt["done"], receipt["complete"]) == (4, True)


def test_a_queue_that_is_not_there(queue, tmp_path, capsys):
    assert main(["resume", "--queue", queue]) == 1
    told = capsys.readouterr()
    assert f"There is no folder {queue}" in told.err
    assert told.out == ""
    assert not (tmp_path / "queue").exists()


@pytest.mark.parametrize("command", ["send", "retrieve"])
def test_a_queue_that_cannot_be_written(files, tmp_path, capsys, command):
    """Here it is a file. Nobody is called without it: that would tell that nobody listens."""
    (tmp_path / "file").touch()
    queue = ["--queue", str(tmp_path / "file")]
    what = [str(files)] if command == "send" else ["1.2.3", "--output", str(tmp_path / "new")]
    assert main([command, *what, *queue, "--host", "localhost", "--port", str(free_port())]) == 1
    told = capsys.readouterr().err
    assert "cannot be written into its queue" in told
    assert "File exists. Nobody was called." in told
    assert not (tmp_path / "new").exists()
