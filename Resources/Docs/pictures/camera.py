"""The window of the application, and how a picture is taken of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from DICOMModule.Host.views.screenshot import picture_of


class Camera:
    """Takes pictures of the main window and of dialogs.

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
    data
        Folder of real DICOM data for the states that need some.
    """

    def __init__(self, application: Any, home: Path, output: Path, dark: bool, data: Path) -> None:
        self.application = application
        self.window = application.show_main_window()
        self.home, self.output, self.dark, self.data = home, output, dark, data

    def save(self, name: str, widget: Any = None, seconds: float = 0.3) -> None:
        """Show a window, the main one by default, let it come to rest, and take its picture."""
        import slicer

        shown = self.window if widget is None else widget
        shown.show()
        self.wait(seconds)
        views = [one.view() for one in slicer.app.layoutManager().shownViews()] if widget is None else []
        picture_of(shown, views).save(str(self.output / f"{name}.png"))

    def save_and_close(self, name: str, dialog: Any, seconds: float = 0.3) -> None:
        """Take the picture of a dialog that is not needed any more."""
        self.save(name, dialog, seconds)
        dialog.close()

    def wait(self, seconds: float) -> None:
        """Let what goes on in the background come to an end."""
        from qtpy.QtCore import QEventLoop, QTimer

        loop = QEventLoop()  # which, unlike `processEvents`, also ends what is to be deleted later
        QTimer.singleShot(int(1000 * seconds), loop.quit)
        loop.exec_()

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

    def browser(self) -> Any:
        """The table browser."""
        return self.panel().browserWidget.dicomBrowser

    def tables(self) -> Any:
        """The tables of the browser."""
        return self.browser().dicomTableManager()

    def show_four_views(self) -> None:
        """The four-up layout instead of the browser, the 3D view on what there is."""
        import slicer

        self.module().showBrowser(False)
        manager = slicer.app.layoutManager()
        manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        self.wait(0.5)
        manager.resetThreeDViews()
        self.wait(0.5)
