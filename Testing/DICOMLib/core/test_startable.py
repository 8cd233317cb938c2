"""What is started and stopped."""

from __future__ import annotations

import pytest

from DICOMLib.core.startable import Startable


class Server(Startable):
    """Notes what is done to it."""

    def __init__(self, fails: bool = False) -> None:
        self.done: list[str] = []
        self._fails = fails

    def start(self) -> None:
        self.done.append("start")
        if self._fails:
            raise OSError("no port")

    def stop(self) -> None:
        self.done.append("stop")


def test_it_runs_within_a_block() -> None:
    server = Server()
    with server as same:
        assert same is server
        assert server.done == ["start"]
    assert server.done == ["start", "stop"]


def test_a_fault_within_stops_it_and_one_at_the_start_is_told() -> None:
    server, broken = Server(), Server(fails=True)
    with pytest.raises(ValueError, match="within"), server:
        raise ValueError("within")
    assert server.done == ["start", "stop"]
    with pytest.raises(OSError, match="no port"), broken:
        pass
    assert broken.done == ["start"]
