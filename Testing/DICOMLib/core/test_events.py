"""Signals and the Slicer-like connect by signature."""

from __future__ import annotations

import threading

import pytest

from DICOMLib.core.events import Emitter, Signal, main_thread


class Door(Emitter):
    SIGNALS = ("opened", "knocked")


class HouseDoor(Door):
    SIGNALS = ("locked",)


@pytest.fixture
def heard():
    return []


def test_signal_calls_listeners_in_order(heard):
    signal = Signal("knocked")
    signal.connect(lambda n: heard.append(("first", n)))
    signal.connect(lambda n: heard.append(("second", n)))
    signal.emit(3)
    assert heard == [("first", 3), ("second", 3)]


def test_calling_a_signal_emits_it(heard):
    signal = Signal("knocked")
    signal.connect(heard.append)
    signal(5)
    assert heard == [5]


def test_failing_listener_harms_no_other(heard, caplog):
    signal = Signal("knocked")
    signal.connect(lambda n: 1 / 0)
    signal.connect(heard.append)
    signal.emit(1)
    assert heard == [1]
    assert "a listener of knocked failed" in caplog.text


def test_disconnect_one_and_all(heard):
    signal = Signal("knocked")
    signal.connect(heard.append)
    signal.connect(heard.extend)
    signal.disconnect(heard.extend)
    signal.emit(1)
    signal.disconnect()
    signal.emit(2)
    signal.disconnect(heard.append)
    assert heard == [1]
    assert len(signal) == 0
    assert signal


def test_listener_may_disconnect_itself_while_it_is_called(heard):
    signal = Signal("knocked")

    def once(n):
        signal.disconnect(once)
        heard.append(n)

    signal.connect(once)
    signal.connect(heard.append)
    signal.emit(1)
    signal.emit(2)
    assert heard == [1, 1, 2]


@pytest.mark.parametrize("signature", ["knocked(int)", "2knocked(int)", "knocked", " knocked (int) "])
def test_connect_by_signature(heard, signature):
    door = Door()
    assert door.connect(signature, heard.append)
    door.knocked(2)
    assert heard == [2]


def test_signature_without_arguments_passes_none(heard):
    door = Door()

    def listener():
        heard.append("knock")

    door.connect("knocked()", listener)
    door.knocked(2)
    door.disconnect("knocked()", listener)
    door.knocked(3)
    assert heard == ["knock"]


def test_signals_of_base_classes_are_there_and_not_shared(heard):
    one, other = HouseDoor(), HouseDoor()
    one.opened.connect(lambda: heard.append("one"))
    other.locked.connect(lambda: heard.append("other"))
    one.opened()
    other.opened()
    assert heard == ["one"]


def test_unknown_signal_is_refused():
    with pytest.raises(ValueError, match="Door has no signal 'painted"):
        Door().connect("painted()", print)
    with pytest.raises(ValueError, match="no signal signature"):
        Door().connect("(", print)
    assert Door().disconnect("painted()", print) is False


def test_signals_of_other_threads_are_posted_to_the_main_thread(monkeypatch):
    class Talker(Emitter):
        SIGNALS = ("said",)

    talker, posted, heard = Talker(), [], []
    talker.said.connect(lambda text: heard.append((text, threading.current_thread())))
    monkeypatch.setattr(main_thread, "post", posted.append)
    thread = threading.Thread(target=lambda: talker.said("from a thread"))
    thread.start()
    thread.join()
    assert heard == []
    talker.said("at once")
    for call in posted:
        call()
    main = threading.main_thread()
    assert heard == [("at once", main), ("from a thread", main)]


def test_a_direct_listener_hears_in_the_thread_that_emits(monkeypatch):
    class Talker(Emitter):
        SIGNALS = ("said",)

    talker, posted, heard = Talker(), [], []
    talker.said.connect(lambda text: heard.append(("posted", text)))
    talker.said.connect_directly(lambda text: heard.append(("directly", text, threading.current_thread())))
    monkeypatch.setattr(main_thread, "post", posted.append)
    thread = threading.Thread(target=lambda: talker.said("from a thread"))
    thread.start()
    thread.join()
    assert heard == [("directly", "from a thread", thread)]
    posted.pop()()
    assert heard[1:] == [("posted", "from a thread")]


def test_disconnect_ends_direct_connections_too(heard):
    door = Door()
    door.knocked.connect_directly(heard.append)
    door.knocked.connect_directly(heard.extend)
    door.knocked.disconnect(heard.extend)
    door.knocked(1)
    door.knocked.disconnect()
    door.knocked(2)
    assert heard == [1]


def test_a_slot_may_be_named(heard):
    class House:
        def show(self, *arguments):
            heard.append(arguments)

    door, house = Door(), House()
    assert door.connect("opened()", house, "show()")
    assert door.connect("knocked(int)", house, "1show(int)")
    door.opened("not for a slot without arguments")
    door.knocked(3)
    assert heard == [(), (3,)]
    assert door.disconnect("opened()", house, "show()")
    assert door.disconnect("knocked(int)", house, "show(int)")
    door.opened()
    door.knocked(3)
    assert heard == [(), (3,)]
    with pytest.raises(AttributeError):
        door.connect("opened()", house, "hide()")
    with pytest.raises(ValueError, match="no slot"):
        door.connect("opened()", house, "()")
