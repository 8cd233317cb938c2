"""Make the pictures of the documents: `xvfb-run python Resources/Docs/make_pictures.py`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pydicom

from DICOMLib.standard.phantom import SERIES_UID, write_head_phantom
from DICOMModule.Host.application import boot
from DICOMModule.Host.screenshot import picture_of

FOLDER = Path(__file__).resolve().parent
SIZE = (1280, 800)


def main() -> None:
    """Import sample data, and take a picture of the browser and one of the views."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        application = boot(gui=True, testing=True, settings_path=home, database_directory=home / "database")
        window = application.show_main_window()
        window.resize(*SIZE)
        import_samples(home)
        take_browser(application, window)
        take_views(application, window)
        application.shutdown()


def import_samples(home: Path) -> None:
    """The phantom, and some of the files of pydicom."""
    from DICOMLib import DICOMUtils

    write_head_phantom(home / "phantom")
    DICOMUtils.importDicom(str(home / "phantom"))
    DICOMUtils.importDicom(str(Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"))


def settle(application: Any) -> None:
    """Let the window come to rest."""
    for _ in range(30):
        application.qt_application.processEvents()


def take_browser(application: Any, window: Any) -> None:
    """The DICOM module with its browser."""
    window.moduleSelector().selectModule("DICOM")
    settle(application)
    window.grab().save(str(FOLDER / "browser.png"))


def take_views(application: Any, window: Any) -> None:
    """The phantom in the views."""
    import slicer

    from DICOMLib import DICOMUtils
    from DICOMModule.Host.volume_rendering import show_volume

    (node_id,) = DICOMUtils.loadSeriesByUID([SERIES_UID])
    volume = slicer.mrmlScene.GetNodeByID(node_id)
    slicer.modules.DICOMInstance.showBrowser(False)
    manager = slicer.app.layoutManager()
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    show_volume(slicer.app.applicationLogic(), volume, shown=True)
    settle(application)
    manager.resetThreeDViews()
    settle(application)
    views = [widget.view() for widget in manager.shownViews()]
    picture_of(window, views).save(str(FOLDER / "views.png"))


if __name__ == "__main__":
    main()
