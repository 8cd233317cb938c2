"""What libraries tell on the terminal is kept, and what others tell meanwhile is not."""

from __future__ import annotations

import logging
import os
import threading

import pytest

from DICOMLib.core.quiet import quiet_loggers, quiet_stderr

NAME = "library.decoders"


def test_records_of_this_thread_only_are_dropped(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger(NAME)
    with quiet_loggers(NAME):
        with quiet_loggers(NAME):
            log.error("dropped")
        log.error("dropped, too")
        other = threading.Thread(target=log.error, args=("of another thread",))
        other.start()
        other.join()
    log.error("later")
    assert [record.getMessage() for record in caplog.records] == ["of another thread", "later"]
    assert len(log.filters) == 1


def test_a_fault_ends_the_quiet(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="broken"), quiet_loggers(NAME):
        raise ValueError("broken")
    logging.getLogger(NAME).error("told")
    assert "told" in caplog.text


def test_standard_error_is_kept_for_the_detailed_log(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        with quiet_stderr():
            os.write(2, b"Unsupported marker\n")
            raise ValueError("broken")

    with caplog.at_level(logging.DEBUG), pytest.raises(ValueError, match="broken"):
        fail()
    os.write(2, b"told\n")
    assert capfd.readouterr().err == "told\n"
    assert "Unsupported marker" in caplog.text
