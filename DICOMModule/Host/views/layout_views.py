"""The views of the scene by name and number, as scripts ask the layout manager for them."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject

from DICOMModule.Host.dialect.qt_dialect import dialect
from DICOMModule.Host.views.plot_view import PlotWidget
from DICOMModule.Host.views.table_view import TableWidget
from DICOMModule.Host.views.view_widgets import SliceWidget, ThreeDWidget


class LayoutViews(dialect(QObject)):  # type: ignore[misc]
    """What of a layout manager is about single views."""

    _widgets: dict[str, Any]
    _slice_logics: Any
    _view_logics: Any
    _active_threed: str

    def _of_kind(self, kind: type | tuple[type, ...]) -> list[Any]:
        return [widget for widget in self._widgets.values() if isinstance(widget, kind)]

    def _drawn(self) -> list[Any]:
        """Widgets of the views that VTK draws."""
        return self._of_kind((SliceWidget, ThreeDWidget))

    # Slice views

    def sliceViewNames(self) -> tuple[str, ...]:
        """Names of all slice views of the scene, also of those that this layout does not show."""
        return tuple(widget.mrmlSliceNode().GetLayoutName() for widget in self._of_kind(SliceWidget))

    def sliceWidget(self, name: str) -> Any:
        """The widget of the slice view of that name, such as "Red"; None for an unknown one."""
        return next(
            (w for w in self._of_kind(SliceWidget) if w.mrmlSliceNode().GetLayoutName() == name), None
        )

    def mrmlSliceLogics(self) -> Any:
        """VtkCollection of the slice logics."""
        return self._slice_logics

    def mrmlViewLogics(self) -> Any:
        """VtkCollection of the logics of the 3D views."""
        return self._view_logics

    def resetSliceViews(self, *_options: Any) -> None:
        """Show the whole background volume in each slice view."""
        for widget in self._of_kind(SliceWidget):
            widget.sliceController().fitSliceToBackground()

    # 3D views

    @property
    def threeDViewCount(self) -> int:
        """Number of 3D views."""
        return len(self._of_kind(ThreeDWidget))

    def threeDWidget(self, which: int | str) -> Any:
        """The widget of a 3D view, by its number from 0 or by its name; None for an unknown one."""
        return self._numbered_or_named(ThreeDWidget, which, "mrmlViewNode")

    def resetThreeDViews(self) -> None:
        """Move the camera of each 3D view so that all is seen."""
        for widget in self._of_kind(ThreeDWidget):
            widget.threeDView().resetCamera()

    def activeMRMLThreeDViewNode(self) -> Any:
        """View node of the 3D view that was used last, else of the first; None if there is none."""
        widgets = self._of_kind(ThreeDWidget)
        active = self._widgets.get(self._active_threed) or (widgets[0] if widgets else None)
        return active.mrmlViewNode() if active is not None else None

    def activeThreeDRenderer(self) -> Any:
        """Renderer of that view, or None."""
        node = self.activeMRMLThreeDViewNode()
        return self._widgets[node.GetID()].threeDView().renderer() if node is not None else None

    # Tables and plots

    @property
    def tableViewCount(self) -> int:
        """Number of table views."""
        return len(self._of_kind(TableWidget))

    def tableWidget(self, which: int | str) -> Any:
        """The widget of a table view, by its number from 0 or by its name; None for an unknown one."""
        return self._numbered_or_named(TableWidget, which, "mrmlTableViewNode")

    @property
    def plotViewCount(self) -> int:
        """Number of plot views."""
        return len(self._of_kind(PlotWidget))

    def plotWidget(self, which: int | str) -> Any:
        """The widget of a plot view, by its number from 0 or by its name; None for an unknown one."""
        return self._numbered_or_named(PlotWidget, which, "mrmlPlotViewNode")

    def _numbered_or_named(self, kind: type, which: int | str, view_node: str) -> Any:
        widgets = self._of_kind(kind)
        if isinstance(which, str):
            return next((w for w in widgets if getattr(w, view_node)().GetLayoutName() == which), None)
        return widgets[which] if 0 <= which < len(widgets) else None
