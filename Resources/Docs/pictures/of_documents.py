"""What the documents show."""

from __future__ import annotations

from pictures.camera import Camera
from pictures.samples import import_windows

from DICOMLib.standard.phantom import SERIES_UID
from DICOMModule.Host.views.screenshot import picture_of
from DICOMModule.Host.window import theme


def browser(camera: Camera) -> None:
    """The DICOM module with its browser."""
    camera.window.moduleSelector().selectModule("DICOM")
    camera.tables().patientsTable().selectFirst()
    camera.tables().studiesTable().selectFirst()
    camera.wait(0.5)
    camera.save("browser")


def views(camera: Camera) -> None:
    """The phantom in the views."""
    import slicer

    from DICOMLib import DICOMUtils
    from DICOMModule.Host.views.volume_rendering import show_volume

    (node_id,) = DICOMUtils.loadSeriesByUID([SERIES_UID])
    volume = slicer.mrmlScene.GetNodeByID(node_id)
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    show_volume(slicer.app.applicationLogic(), volume, shown=True)
    camera.show_four_views()
    shown = [widget.view() for widget in slicer.app.layoutManager().shownViews()]
    picture_of(camera.window, shown).save(str(camera.output / "views.png"))


def visual_browser(camera: Camera) -> None:
    """The visual browser in dark colours, the phantom loaded."""
    import_windows(camera.home)
    theme.apply(theme.DARK)
    camera.module().showBrowser(True)
    camera.panel().ui.showVisualBrowserButton.setChecked(True)
    visual = camera.panel().browserWidget.dicomVisualBrowser
    visual.setSelectedSeries([SERIES_UID])
    visual.showLoaded([SERIES_UID])
    camera.save("visual-browser", seconds=4)
    if not camera.dark:
        theme.apply(theme.LIGHT)
    visual.onClose()
    camera.panel().ui.showVisualBrowserButton.setChecked(False)


ALL = (browser, views, visual_browser)
