"""The menu of a 3D view: what is shown beside the data, and how."""

from __future__ import annotations

from typing import Any

from qtpy.QtGui import QColor

from DICOMLib.widgets.translation import _
from DICOMModule.Host.views.view_menu import ViewMenu

# Name, colour below, colour above.
BACKGROUNDS = (
    ("Dark", "#12161c", "#2f3947"),
    ("Black", "#000000", "#000000"),
    ("White", "#ffffff", "#ffffff"),
    ("Light blue", "#c1c3e8", "#7478be"),
)


class ThreeDMenu(ViewMenu):
    """Markers, box, projection and background of one 3D view.

    Parameters
    ----------
    controller
        The ThreeDController of the view.
    """

    def __init__(self, controller: Any) -> None:
        super().__init__(controller)
        self._controller: Any = controller

    def fill(self) -> None:
        """Add the entries."""
        node = self._controller.mrmlThreeDViewNode()
        if node is None:
            return
        self.add_markers(node)
        self.add_check(_("Box"), node.GetBoxVisible(), node.SetBoxVisible)
        self.add_check(_("Axis labels"), node.GetAxisLabelsVisible(), node.SetAxisLabelsVisible)
        parallel = node.GetRenderMode() == node.Orthographic
        self.add_check(_("Parallel projection"), parallel, self._controller.setParallelProjection)
        self.add_check(_("Rock"), node.GetAnimationMode() == node.Rock, self._controller.rockView)
        colors = self.addMenu(_("Background"))
        for name, bottom, top in BACKGROUNDS:
            colors.addAction(_(name), lambda bottom=bottom, top=top: set_background(node, bottom, top))


def set_background(node: Any, bottom: str, top: str) -> None:
    """Fill the view behind everything with colours from below to above."""
    blocked = node.StartModify()
    node.SetBackgroundColor(QColor(bottom).getRgbF()[:3])
    node.SetBackgroundColor2(QColor(top).getRgbF()[:3])
    node.EndModify(blocked)
