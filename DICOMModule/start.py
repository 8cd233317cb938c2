"""First command: set everything up and show what the program does.

    python3 DICOMModule/start.py [FOLDER]

Imports the folder (or sample data), lists what it found, loads a volume, saves it with a picture of the
views below `output/`, and opens the window if there is a display. Options are those of `slicer-dicom start`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bootstrap import SetupError, hand_over, prepare


def main() -> int:
    """Set up, then run `slicer-dicom start` with the given arguments."""
    try:
        python = prepare()
    except SetupError as error:
        print(error, file=sys.stderr)  # noqa: T201 (this is a command)
        return 1
    except KeyboardInterrupt:
        return 130
    return hand_over([str(python), "-m", "DICOMLib.cli", "start", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
