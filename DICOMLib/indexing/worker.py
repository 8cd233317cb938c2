"""The program of a scan worker: `python -m DICOMLib.indexing.worker`, spoken to by `workers.py`."""

from __future__ import annotations

import gc
import os
import signal
import sys

from DICOMLib.indexing.read import read_all
from DICOMLib.indexing.scan import WantedTags
from DICOMLib.indexing.walk import FoundFile
from DICOMLib.indexing.workers import packed, receive, send


def main() -> int:
    """Answer requests until the other side closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started us
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints may come between the replies
    tags, unstored = receive(requests)
    wanted = WantedTags(tags)
    gc.freeze()
    send(replies, True)
    while True:
        try:
            request = receive(requests)
        except EOFError:
            return 0
        chunk = [FoundFile(*one) for one in request]
        send(replies, packed(read_all(chunk, wanted, unstored), unstored))


if __name__ == "__main__":
    sys.exit(main())
