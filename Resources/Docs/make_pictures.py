"""Make the pictures of the documents: `xvfb-run python Resources/Docs/make_pictures.py`.

With --all, pictures of every main state, to be looked at: in another size, in dark colours, on a fine screen
(the environment variable QT_SCALE_FACTOR=2):

    xvfb-run -s "-screen 0 2560x1440x24" python Resources/Docs/make_pictures.py --all --size 2560x1440 --dark -o DIR
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom

from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.standard.phantom import SERIES_UID, head_datasets, write_head_phantom
from DICOMModule.Host.window import theme
from DICOMModule.Host.application import boot
from DICOMModule.Host.views.screenshot import picture_of

FOLDER = Path(__file__).resolve().parent
SIZE = "1280x800"


class Pictures:
    """Brings the window into a state and takes its picture.

    Parameters
    ----------
    application
        The booted application.
    home
        Folder for sample data.
    output
        Folder of the pictures.
    dark
        Whether the colours are dark, also where the documents show light ones.
    """

    def __init__(self, application: Any, home: Path, output: Path, dark: bool) -> None:
        self.application = application
        self.window = application.show_main_window()
        self.home, self.output, self.dark = home, output, dark

    # What the documents show

    def browser(self) -> None:
        """The DICOM module with its browser."""
        self.window.moduleSelector().selectModule("DICOM")
        self.tables().studiesTable().selectFirst()
        self.wait(0.5)
        self.save("browser")

    def metadata(self) -> None:
        """The elements of a slice of the phantom, with its picture."""
        import slicer

        from DICOMLib.widgets.metadata.metadata_window import ctkDICOMMetadataDialog

        dialog = ctkDICOMMetadataDialog()
        dialog.setFileList(slicer.dicomDatabase.filesForSeries(SERIES_UID))
        dialog.objectList.fileSlider.setValue(64)
        self.save("metadata", dialog, seconds=2)
        dialog.objectList.preview.stop()
        dialog.close()

    def views(self) -> None:
        """The phantom in the views."""
        import slicer

        from DICOMLib import DICOMUtils
        from DICOMModule.Host.views.volume_rendering import show_volume

        (node_id,) = DICOMUtils.loadSeriesByUID([SERIES_UID])
        volume = slicer.mrmlScene.GetNodeByID(node_id)
        self.module().showBrowser(False)
        manager = slicer.app.layoutManager()
        manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        slicer.util.setSliceViewerLayers(background=volume, fit=True)
        show_volume(slicer.app.applicationLogic(), volume, shown=True)
        self.wait(0.5)
        manager.resetThreeDViews()
        self.wait(0.5)
        shown = [widget.view() for widget in manager.shownViews()]
        picture_of(self.window, shown).save(str(self.output / "views.png"))

    def visual_browser(self) -> None:
        """The visual browser in dark colours, the phantom loaded."""
        self.import_windows()
        theme.apply(theme.DARK)
        self.module().showBrowser(True)
        self.panel().ui.showVisualBrowserButton.setChecked(True)
        browser = self.panel().browserWidget.dicomVisualBrowser
        browser.setSelectedSeries([SERIES_UID])
        browser.showLoaded([SERIES_UID])
        self.save("visual-browser", seconds=4)
        browser.onClose()
        self.panel().ui.showVisualBrowserButton.setChecked(False)
        theme.apply(theme.DARK if self.dark else theme.LIGHT)

    # More, to be looked at

    def empty_browsers(self) -> None:
        """What is said where there is nothing yet."""
        self.window.moduleSelector().selectModule("DICOM")
        self.save("empty-browser")
        self.panel().ui.showVisualBrowserButton.setChecked(True)
        self.save("empty-visual-browser", seconds=1)
        self.panel().ui.showVisualBrowserButton.setChecked(False)

    def advanced(self) -> None:
        """What the plugins offer to load, and why."""
        browser = self.panel().browserWidget
        browser.advancedViewButton.setChecked(True)
        tables = self.tables()
        tables.setCurrentSeriesSelection([SERIES_UID])
        browser.examineForLoading()
        self.save("advanced")
        browser.explainSeries(SERIES_UID)
        self.wait(1)
        for dialog in self.dialogs():
            self.save("explanation", dialog)
            dialog.close()
        browser.advancedViewButton.setChecked(False)

    def dialogs_of_series(self) -> None:
        """Import, send, de-identify, query, export."""
        import slicer

        browser = self.panel().browserWidget
        table_browser = browser.dicomBrowser
        dialog = browser.onSend(slicer.dicomDatabase.filesForSeries(SERIES_UID))
        self.save("send", dialog)
        dialog.close()
        dialog = table_browser._actions.deidentify([SERIES_UID])
        self.save("deidentify", dialog, seconds=1)
        dialog.close()
        window = table_browser.openQueryDialog()
        servers = window.widget.servers
        servers.show_servers([*servers.peers(), OriginServer("https://pacs.example/dicom-web", "Web archive")])
        self.save("query", window)
        servers.table.selectRow(servers.table.rowCount() - 1)
        dialog = servers.editCurrent()
        self.save("server", dialog)
        dialog.close()
        transfers = window.widget.showTransfers()
        self.save("transfers", transfers)
        transfers.close()
        window.close()
        dialog = slicer.qSlicerDICOMExportDialog()
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        volume = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
        dialog.openFor(hierarchy.GetItemByDataNode(volume))
        self.save("export", dialog, seconds=1)
        dialog.close()
        dialog = table_browser.importDialog()
        self.save("import", dialog)
        dialog.close()

    def account(self) -> None:
        """What an import did not take."""
        import slicer

        from DICOMLib.core.jobs import run
        from DICOMLib.indexing import import_paths
        from DICOMLib.widgets.files.account_dialog import AccountDialog

        files = Path(pydicom.__file__).parent / "data" / "test_files"
        report = run(import_paths(slicer.dicomDatabase.core, [files]))
        dialog = AccountDialog(report, self.window)
        self.save("account", dialog)
        dialog.close()

    def rest_of_the_window(self) -> None:
        """Settings, the patcher, the Python console, the side panel."""
        import slicer

        dialog = slicer.app.settingsDialog()
        for label in list(dialog._panels):
            dialog.setCurrentPanel(label)
            self.save(f"settings-{label}", dialog)
        dialog.hide()
        self.module().switchToDockMode()
        self.save("side-panel", seconds=1)
        self.module().switchToLayoutMode()
        self.window.moduleSelector().selectModule("DICOMPatcher")
        self.window.consoleDock().show()
        self.save("patcher-and-console", seconds=1)
        self.window.consoleDock().hide()

    # Means

    def save(self, name: str, widget: Any = None, seconds: float = 0.3) -> None:
        """Show a window, the main one by default, let it come to rest, and take its picture."""
        import slicer

        shown = self.window if widget is None else widget
        shown.show()
        self.wait(seconds)
        views = [one.view() for one in slicer.app.layoutManager().shownViews()] if widget is None else []
        picture_of(shown, views).save(str(self.output / f"{name}.png"))

    def wait(self, seconds: float) -> None:
        """Let what goes on in the background come to an end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.application.qt_application.processEvents()

    def dialogs(self) -> list[Any]:
        """Those that are open."""
        from qtpy.QtWidgets import QApplication, QDialog

        return [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()]

    def module(self) -> Any:
        """The DICOM module."""
        import slicer

        return slicer.modules.DICOMInstance

    def panel(self) -> Any:
        """Its panel."""
        import slicer

        return slicer.modules.DICOMWidget

    def tables(self) -> Any:
        """The tables of the browser."""
        return self.panel().browserWidget.dicomBrowser.dicomTableManager()

    # Sample data

    def import_samples(self) -> None:
        """The phantom, and some of the files of pydicom."""
        from DICOMLib import DICOMUtils

        write_head_phantom(self.home / "phantom")
        DICOMUtils.importDicom(str(self.home / "phantom"))
        files = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
        DICOMUtils.importDicom(str(files))

    def import_windows(self) -> None:
        """The phantom again as series of other windows, as scanners make them of one acquisition."""
        from DICOMLib import DICOMUtils

        datasets = list(head_datasets())[40:90:10]
        for number, description, center, width in (
            (3, "Bone", 600, 2400),
            (4, "Brain", 40, 90),
            (5, "Soft tissue", 20, 400),
        ):
            folder = self.home / f"series-{number}"
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


def main() -> None:
    """Make the pictures of the documents, or of all states."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="of all main states")
    parser.add_argument("--size", default=SIZE, help=f"of the window (default: {SIZE})")
    parser.add_argument("--dark", action="store_true", help="in dark colours")
    parser.add_argument("-o", "--output", type=Path, default=FOLDER, help="folder (default: of the documents)")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        application = boot(gui=True, testing=True, settings_path=home, database_directory=home / "database")
        if options.dark:
            theme.apply(theme.DARK)
        pictures = Pictures(application, home, options.output, options.dark)
        pictures.window.resize(*(int(part) for part in options.size.split("x")))
        of_documents: list[Callable[[], None]] = [
            pictures.import_samples,
            pictures.browser,
            pictures.metadata,
            pictures.views,
            pictures.visual_browser,
        ]
        more = [pictures.advanced, pictures.dialogs_of_series, pictures.account, pictures.rest_of_the_window]
        for take in [pictures.empty_browsers, *of_documents, *more] if options.all else of_documents:
            take()
        application.shutdown()


if __name__ == "__main__":
    main()
