"""The module `ctk`: classes of the network tell their news in the GUI thread."""

from __future__ import annotations

import threading

import pytest

from Testing.orthanc import free_port

pytestmark = [pytest.mark.gui, pytest.mark.mrml, pytest.mark.network]


def test_news_of_jobs_come_in_the_gui_thread(host, qtbot):
    import ctk

    scheduler, server = ctk.ctkDICOMScheduler(), ctk.ctkDICOMServer()
    server.connectionName, server.host, server.port = "gone", "localhost", free_port()
    scheduler.addServer(server)
    heard = []
    scheduler.connect(
        "jobFailed(QList<QVariant>)", lambda jobs: heard.append((threading.current_thread(), jobs))
    )
    scheduler.echo("gone")
    qtbot.waitUntil(lambda: bool(heard), timeout=10_000)
    thread, (detail,) = heard[0]
    assert thread is threading.main_thread()
    assert detail.jobType() == ctk.ctkDICOMJobResponseSet.Echo
    assert "Nothing listens" in detail.logging()


def test_who_waits_in_the_gui_thread_hears_them_at_once(host):
    import ctk

    scheduler, server = ctk.ctkDICOMScheduler(), ctk.ctkDICOMServer()
    server.connectionName, server.host, server.port = "gone", "localhost", free_port()
    scheduler.addServer(server)
    heard = []
    scheduler.connect("jobFailed(QList<QVariant>)", heard.extend)
    scheduler.echo("gone")
    scheduler.waitForFinish()
    assert [detail.connectionName() for detail in heard] == ["gone"]


def test_unknown_names_are_told(host):
    import ctk

    with pytest.raises(AttributeError, match="is not available in this host"):
        _ = ctk.ctkNoSuchClass
