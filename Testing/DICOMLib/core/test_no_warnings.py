"""Warnings are kept from the user while any thread wants it so, and only then."""

from __future__ import annotations

import threading
import warnings

import pytest

from DICOMLib.core.no_warnings import no_warnings


def test_within_and_after():
    with no_warnings:
        warnings.warn("odd", stacklevel=1)
        with no_warnings:
            pass
        warnings.warn("still odd", stacklevel=1)
    with pytest.warns(UserWarning, match="told"):
        warnings.warn("told", stacklevel=1)


def test_a_fault_leaves_the_filters_as_they_were():
    before = list(warnings.filters)
    with pytest.raises(OSError, match="gone"), no_warnings:
        raise OSError("gone")
    assert warnings.filters == before


def test_a_thread_that_leaves_before_another_has_entered_last():
    """The order in which `catch_warnings` of two threads would restore the filters of each other."""
    before = list(warnings.filters)
    first_may_leave, second_is_within = threading.Event(), threading.Event()

    def first():
        with no_warnings:
            assert second_is_within.wait(30)
        first_may_leave.set()

    thread = threading.Thread(target=first)
    thread.start()
    with no_warnings:
        second_is_within.set()
        assert first_may_leave.wait(30)
        warnings.warn("odd", stacklevel=1)
    thread.join()
    assert warnings.filters == before


def test_filters_that_others_add_meanwhile_stay():
    with warnings.catch_warnings():
        with no_warnings:
            warnings.filterwarnings("ignore", message="added meanwhile")
            warnings.warn("odd", stacklevel=1)
        warnings.warn("added meanwhile", stacklevel=1)
        with pytest.raises(UserWarning, match="told"):
            warnings.warn("told", stacklevel=1)


def test_filters_that_others_restore_meanwhile_are_theirs():
    """Nobody is told what is odd while a list is restored, and all is told again after it."""
    before = list(warnings.filters)
    others = warnings.catch_warnings()
    others.__enter__()
    with no_warnings:
        others.__exit__(None, None, None)
        with no_warnings:
            warnings.warn("odd", stacklevel=1)
    assert warnings.filters == before
    with no_warnings:
        others = warnings.catch_warnings()
        others.__enter__()
    others.__exit__(None, None, None)  # restores the list of the time within
    with pytest.raises(UserWarning, match="told"):
        warnings.warn("told", stacklevel=1)
    with no_warnings:
        warnings.warn("odd", stacklevel=1)
    assert warnings.filters == before
