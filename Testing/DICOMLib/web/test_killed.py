"""Our side of DICOMweb killed in the middle of a transfer: nothing is lost, and the queue goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.transfer_queue import Order, TransferQueue
from DICOMLib.web.exchange import TRANSFERS, retrieve
from Testing import factories
from Testing.DICOMLib.network import files

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL"),
]

ROOT = str(Path(__file__).resolve().parents[3])
COUNT = 200
STUDY = str(factories.uid("study"))
TRANSFER = """
import os, signal, sys
from pathlib import Path
from DICOMLib.core.jobs import run
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.transfer_queue import TransferQueue
from DICOMLib.web.exchange import TRANSFERS
queue = TransferQueue(Path(sys.argv[1]), TRANSFERS)
(order,) = queue.orders()
def die(progress):
    if progress.step in ("Sending", "Retrieving") and progress.done >= 5:
        os.kill(os.getpid(), signal.SIGKILL)
run(queue.run(order, FolderReceiver(Path(sys.argv[2]))), die)
"""


@pytest.fixture
def sources(tmp_path):
    return factories.write(factories.ct_series(COUNT, size=256), tmp_path / "source")


def queue_in(folder: Path) -> TransferQueue:
    return TransferQueue(folder / "queue", TRANSFERS)


def killed_in_the_middle(folder: Path, order: Order) -> Order:
    """The order as it is found after a process that worked on it was killed."""
    queue_in(folder).add(order)
    command = [sys.executable, "-c", TRANSFER, str(folder / "queue"), str(folder / "taken")]
    result = subprocess.run(command, env={**os.environ, "PYTHONPATH": ROOT}, timeout=60, check=False)
    assert result.returncode == -signal.SIGKILL
    (left,) = queue_in(folder).orders()
    assert 5 <= len(left.done) < COUNT
    return left


def test_retrieving_goes_on(orthanc, sources, tmp_path):
    """What was told as stored is there, whole, and comes no second time."""
    orthanc.upload(sources)
    whole = files.by_sop(sources)
    server = OriginServer(orthanc.web_url, "pacs")
    order = killed_in_the_middle(tmp_path, Order("retrieve", server, wanted=(Wanted(STUDY),)))
    for uid in order.done:
        assert files.same_data(str(tmp_path / "taken" / f"{uid}.dcm"), whole[uid])
    rest = FolderReceiver(tmp_path / "rest")
    assert run(queue_in(tmp_path).run(order, rest)).complete
    assert rest.files.keys() == whole.keys() - order.done
    assert queue_in(tmp_path).orders() == []


def test_sending_goes_on(orthanc, sources, tmp_path):
    """Everything is there in the end, whole."""
    server = OriginServer(orthanc.web_url, "pacs")
    order = killed_in_the_middle(tmp_path, Order("send", server, tuple(sources)))
    assert run(queue_in(tmp_path).run(order)).complete
    assert queue_in(tmp_path).orders() == []
    back = FolderReceiver(tmp_path / "back")
    assert run(retrieve(server, [Wanted(STUDY)], back)).done == COUNT
    whole = files.by_sop(sources)
    assert all(files.same_data(str(path), whole[uid]) for uid, path in back.files.items())
