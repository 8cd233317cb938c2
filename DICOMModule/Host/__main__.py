"""`python -m DICOMModule.Host`: the window, on the user's own database."""

from __future__ import annotations

import sys

from DICOMModule.Host.application import boot
from DICOMModule.Host.event_loop import run_window


def main() -> int:
    """Open the window and wait until it is closed."""
    application = boot(gui=True)
    application.show_main_window()
    try:
        return run_window(application)
    finally:
        application.shutdown()


if __name__ == "__main__":
    sys.exit(main())
