"""Make the pictures of the documents: `xvfb-run python Resources/Docs/make_pictures.py`.

With --all, pictures of every main state, to be looked at: in another size, in dark colours, on a fine screen
(the environment variable QT_SCALE_FACTOR=2); with --only, of some of them:

    xvfb-run -s "-screen 0 2560x1440x24" python Resources/Docs/make_pictures.py --all --size 2560x1440 --dark -o DIR
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from pictures import of_documents, of_loaded_data, of_network, of_states
from pictures.camera import Camera
from pictures.samples import import_samples

from DICOMModule.Host.application import boot
from DICOMModule.Host.window import theme

FOLDER = Path(__file__).resolve().parent
DATA = FOLDER.parents[2] / "shared" / "data"
SIZE = "1280x800"
MORE = (*of_states.ALL, *of_network.ALL, *of_loaded_data.ALL)


def options() -> argparse.Namespace:
    """What is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="of all main states")
    names = [take.__name__ for take in (*of_documents.ALL, *MORE)]
    parser.add_argument("--only", nargs="+", choices=names, metavar="STATE", help=f"of {', '.join(names)}")
    parser.add_argument("--size", default=SIZE, help=f"of the window (default: {SIZE})")
    parser.add_argument("--dark", action="store_true", help="in dark colours")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real data, for what is loaded")
    parser.add_argument("-o", "--output", type=Path, default=FOLDER, help="folder (default: of the documents)")
    return parser.parse_args()


def main() -> None:
    """Make the pictures of the documents, of all states, or of some."""
    wanted = options()
    wanted.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        application = boot(gui=True, testing=True, settings_path=home, database_directory=home / "database")
        if wanted.dark:
            theme.apply(theme.DARK)
        camera = Camera(application, home, wanted.output, wanted.dark, wanted.data)
        camera.window.resize(*(int(part) for part in wanted.size.split("x")))
        camera.window.moduleSelector().selectModule("DICOM")
        if wanted.all:
            of_states.empty_browsers(camera)
        import_samples(home)
        for take in (*of_documents.ALL, *MORE):
            if take.__name__ in wanted.only if wanted.only else wanted.all or take in of_documents.ALL:
                take(camera)
        application.shutdown()


if __name__ == "__main__":
    main()
