"""Make the pictures of the documents: `xvfb-run python Resources/Docs/make_pictures.py`."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import pydicom

from DICOMLib.standard.phantom import SERIES_UID, head_datasets, write_head_phantom
from DICOMModule.Host.application import boot
from DICOMModule.Host.screenshot import picture_of

FOLDER = Path(__file__).resolve().parent
SIZE = (1280, 800)


def main() -> None:
    """Import sample data, and take pictures of the browsers, the metadata window and the views."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        application = boot(gui=True, testing=True, settings_path=home, database_directory=home / "database")
        window = application.show_main_window()
        window.resize(*SIZE)
        import_samples(home)
        take_browser(application, window)
        take_metadata(application)
        take_views(application, window)
        import_windows(home)
        take_visual_browser(application, window)
        application.shutdown()


def import_samples(home: Path) -> None:
    """The phantom, and some of the files of pydicom."""
    from DICOMLib import DICOMUtils

    write_head_phantom(home / "phantom")
    DICOMUtils.importDicom(str(home / "phantom"))
    DICOMUtils.importDicom(str(Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"))


def import_windows(home: Path) -> None:
    """The phantom again as series of other windows, as scanners make them of one acquisition."""
    from DICOMLib import DICOMUtils

    datasets = list(head_datasets())[40:90:10]
    for number, description, center, width in (
        (3, "Bone", 600, 2400),
        (4, "Brain", 40, 90),
        (5, "Soft tissue", 20, 400),
    ):
        folder = home / f"series-{number}"
        folder.mkdir()
        for dataset in datasets:
            dataset.SeriesInstanceUID = f"{SERIES_UID[:-2]}{number}"
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = (
                f"{SERIES_UID[:-6]}{number}{dataset.InstanceNumber:03d}"
            )
            dataset.SeriesNumber, dataset.SeriesDescription = number, description
            dataset.WindowCenter, dataset.WindowWidth = center, width
            dataset.save_as(folder / f"{dataset.InstanceNumber}.dcm", enforce_file_format=True)
        DICOMUtils.importDicom(str(folder))


def settle(application: Any) -> None:
    """Let the window come to rest."""
    for _ in range(30):
        application.qt_application.processEvents()


def take_browser(application: Any, window: Any) -> None:
    """The DICOM module with its browser."""
    window.moduleSelector().selectModule("DICOM")
    settle(application)
    window.grab().save(str(FOLDER / "browser.png"))


def wait(application: Any, seconds: float) -> None:
    """Let what goes on in the background come to an end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        application.qt_application.processEvents()


def take_metadata(application: Any) -> None:
    """The elements of a slice of the phantom, with its picture."""
    import slicer

    from DICOMLib.widgets.metadata_window import ctkDICOMMetadataDialog

    dialog = ctkDICOMMetadataDialog()
    dialog.setFileList(slicer.dicomDatabase.filesForSeries(SERIES_UID))
    dialog.objectList.fileSlider.setValue(64)
    dialog.show()
    wait(application, 2)
    dialog.grab().save(str(FOLDER / "metadata.png"))
    dialog.objectList.preview.stop()
    dialog.close()


def take_visual_browser(application: Any, window: Any) -> None:
    """The visual browser in dark colours, the phantom loaded."""
    import slicer

    from DICOMModule.Host import theme

    theme.apply(theme.DARK)
    slicer.modules.DICOMInstance.showBrowser(True)
    slicer.modules.DICOMWidget.ui.showVisualBrowserButton.setChecked(True)
    browser = slicer.modules.DICOMWidget.browserWidget.dicomVisualBrowser
    browser.setSelectedSeries([SERIES_UID])
    browser.showLoaded([SERIES_UID])
    wait(application, 4)
    window.grab().save(str(FOLDER / "visual-browser.png"))
    browser.onClose()
    theme.apply(theme.LIGHT)


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
