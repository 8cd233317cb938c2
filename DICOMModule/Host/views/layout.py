"""The layout manager: which views are shown, and where; the widgets of all views of the scene."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import slicer
import vtk
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QWidget

from DICOMLib.widgets.translation import _
from DICOMModule.Host.views.layout_tree import build_layout, filled, missing_view, viewport_elements
from DICOMModule.Host.views.layout_views import LayoutViews
from DICOMModule.Host.views.node_view import NodeViewWidget
from DICOMModule.Host.views.plot_view import PlotWidget
from DICOMModule.Host.views.table_view import TableWidget
from DICOMModule.Host.views.view_widgets import SliceWidget, ThreeDWidget
from DICOMModule.Host.views.views import Observers, register_displayable_managers

WIDGETS = {
    "vtkMRMLSliceNode": SliceWidget,
    "vtkMRMLViewNode": ThreeDWidget,
    "vtkMRMLTableViewNode": TableWidget,
    "vtkMRMLPlotViewNode": PlotWidget,
}


class LayoutManager(LayoutViews):
    """Shows the layout that the layout node of the scene asks for; the surface of qSlicerLayoutManager.

    Parameters
    ----------
    viewport
        Widget that the views fill.
    application_logic
        vtkMRMLApplicationLogic; it is told the logics of all views.
    scene
        vtkMRMLScene.

    Attributes
    ----------
    layoutChanged
        Emitted with the number of the layout after the views have changed places.
    viewsCreated
        Emitted with a view's widget when it has been made.
    """

    layoutChanged = Signal(int)
    viewsCreated = Signal(object)

    def __init__(self, viewport: QWidget, application_logic: Any, scene: Any) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self._application_logic = application_logic
        self._scene = scene
        self._widgets: dict[str, Any] = {}
        self._singletons: list[Any] = []
        self._shown: tuple[int, str] | None = None
        self._root: QWidget | None = None
        self._windows: list[QWidget] = []
        self._active_threed = ""
        self._disposed = False
        self._observers = Observers()
        # views that are not part of the layout wait here
        self._store = QWidget(viewport)
        self._store.hide()
        filled(viewport, self._store)
        register_displayable_managers(application_logic)
        self._slice_logics, self._view_logics = vtk.vtkCollection(), vtk.vtkCollection()
        application_logic.SetSliceLogics(self._slice_logics)
        application_logic.SetViewLogics(self._view_logics)
        self._logic = slicer.vtkMRMLLayoutLogic()
        self._logic.SetMRMLApplicationLogic(application_logic)
        self._logic.SetMRMLScene(scene)
        self._observe()

    def _observe(self) -> None:
        scene, logic = self._scene, self._application_logic
        self._observers.add(scene, scene.NodeAddedEvent, self._on_node_added)
        self._observers.add(scene, scene.NodeRemovedEvent, self._on_node_removed)
        for event in (scene.EndImportEvent, scene.EndCloseEvent, scene.EndRestoreEvent):
            self._observers.add(scene, event, self._on_scene_replaced)
        self._observers.add(scene, scene.EndBatchProcessEvent, self._on_batch_done)
        self._observers.add(self._logic, vtk.vtkCommand.ModifiedEvent, self._on_layout_logic)
        self._observers.add(logic, logic.PauseRenderEvent, lambda *_event: self.setRenderPaused(True))
        self._observers.add(logic, logic.ResumeRenderEvent, lambda *_event: self.setRenderPaused(False))
        self._layout_observers = Observers()
        self._on_scene_replaced()

    # What the scene tells

    @vtk.calldata_type(vtk.VTK_OBJECT)  # type: ignore[untyped-decorator]
    def _on_node_added(self, _scene: Any, _event: str, node: Any) -> None:
        if node.IsA("vtkMRMLAbstractViewNode") and not self._scene.IsBatchProcessing():
            self._widget_for(node)

    @vtk.calldata_type(vtk.VTK_OBJECT)  # type: ignore[untyped-decorator]
    def _on_node_removed(self, _scene: Any, _event: str, node: Any) -> None:
        widget = self._widgets.pop(node.GetID() or "", None)
        if widget is not None:
            self._discard(widget)

    def _on_scene_replaced(self, *_event: Any) -> None:
        self._layout_observers.clear()
        node = self._logic.GetLayoutNode()
        if node is not None:
            self._layout_observers.add(node, vtk.vtkCommand.ModifiedEvent, self._on_layout_node)
        self._make_missing()
        self._show_layout()

    def _on_batch_done(self, *_event: Any) -> None:
        for widget in self._drawn():
            widget.view().scheduleRender()

    def _on_layout_logic(self, *_event: Any) -> None:
        self._show_layout()

    def _on_layout_node(self, *_event: Any) -> None:
        if not self._scene.IsBatchProcessing():
            self._show_layout()

    # Widgets of views

    def _view_nodes(self, class_name: str) -> Iterator[Any]:
        nodes = self._scene.GetNodesByClass(class_name)
        nodes.UnRegister(None)
        for index in range(nodes.GetNumberOfItems()):
            yield nodes.GetItemAsObject(index)

    def _make_missing(self) -> None:
        for class_name in WIDGETS:
            for node in self._view_nodes(class_name):
                self._widget_for(node)

    def _widget_for(self, node: Any) -> Any:
        """The widget of a view node, made when it is first asked for; None for kinds that have none."""
        kind = next((widget for name, widget in WIDGETS.items() if node.IsA(name)), None)
        known = self._widgets.get(node.GetID())
        if known is not None or kind is None:
            return known
        widget: Any = kind(node, self._application_logic, self._store)
        self._widgets[node.GetID()] = widget
        if not isinstance(widget, NodeViewWidget):
            logics = self._slice_logics if kind is SliceWidget else self._view_logics
            logics.AddItem(widget.logic())
        self.viewsCreated.emit(widget)
        return widget

    def _discard(self, widget: Any) -> None:
        if not isinstance(widget, NodeViewWidget):
            for logics in (self._slice_logics, self._view_logics):
                logics.RemoveItem(widget.logic())
        widget.dispose()
        QWidget.hide(widget)
        QObject.deleteLater(widget)

    # The layout

    def layoutLogic(self) -> Any:
        """The vtkMRMLLayoutLogic."""
        return self._logic

    @property
    def layout(self) -> int:
        """Number of the layout, a `vtkMRMLLayoutNode.SlicerLayout…` constant."""
        node = self._logic.GetLayoutNode()
        return int(node.GetViewArrangement()) if node is not None else 0

    @layout.setter
    def layout(self, number: int) -> None:
        self.setLayout(number)

    def setLayout(self, number: int) -> None:
        """Show the layout of that number."""
        node = self._logic.GetLayoutNode()
        if node is not None:
            node.SetViewArrangement(int(number))

    def registerViewFactory(self, factory: Any) -> None:
        """Make a widget of the program's own known by the element that stands for it in descriptions.

        Parameters
        ----------
        factory
            Has `tagName()` and `widget()`, as slicer.qSlicerSingletonViewFactory.
        """
        if factory not in self._singletons:
            self._singletons.append(factory)
            self._shown = None
            self._show_layout()

    def unregisterViewFactory(self, factory: Any) -> None:
        """Forget such a widget; it is not deleted."""
        if factory in self._singletons:
            self._singletons.remove(factory)

    def _description(self) -> str:
        node = self._logic.GetLayoutNode()
        maximized = node.GetNumberOfMaximizedViewNodes() > 0
        return (self._logic.GetMaximizedViewLayoutDescription() if maximized else "") or (
            node.GetCurrentLayoutDescription() or ""
        )

    def _show_layout(self) -> None:
        node = self._logic.GetLayoutNode()
        if node is None or self._disposed:
            return
        wanted = (self.layout, self._description())
        if wanted == self._shown:
            return
        before = self._shown[0] if self._shown else None
        self._shown = wanted
        self._take_down()
        root = slicer.vtkMRMLLayoutNode.ParseLayout(wanted[1]) if wanted[1] else None
        if root is not None:
            self._build(viewport_elements(root))
        if before != wanted[0]:
            self.layoutChanged.emit(wanted[0])

    def _take_down(self) -> None:
        """Bring all views back to the store, so that none goes down with the old layout."""
        for widget in [*self._widgets.values(), *self._singleton_widgets()]:
            QWidget.hide(widget)
            QWidget.setParent(widget, self._store)
        for old in (self._root, *self._windows):
            if old is not None:
                old.hide()
                old.deleteLater()
        self._root, self._windows = None, []

    def _build(self, elements: list[Any]) -> None:
        for element in elements:
            widget = build_layout(element, self._make_views)
            if self._root is None:
                self._root = widget
                filled(self._viewport, widget)
            else:
                self._windows.append(self._window(widget, element))
            widget.show()

    def _window(self, content: QWidget, element: Any) -> QWidget:
        """A window of its own for a layout that has several."""
        from qtpy.QtCore import Qt

        window = QWidget(self._viewport.window(), Qt.Window)
        window.setWindowTitle(element.GetAttribute("label") or _("Views"))
        filled(window, content)
        window.resize(self._viewport.size())
        window.show()
        return window

    def _make_views(self, element: Any) -> list[tuple[str, QWidget]]:
        """The widgets that an element of a layout stands for."""
        singleton = self._singleton(element.GetName())
        if singleton is not None:
            QWidget.show(singleton)
            return [("", singleton)]
        if element.GetName() != "view":
            return [("", missing_view(element.GetName()))]
        nodes = [self._logic.GetViewFromElement(element)]
        if element.GetAttribute("multiple") == "true":
            nodes = list(self._view_nodes(element.GetAttribute("class"))) or nodes
        return [self._titled(node, element) for node in nodes]

    def _titled(self, node: Any, element: Any) -> tuple[str, QWidget]:
        widget = self._widget_for(node) if node is not None else None
        if widget is None:
            return "", missing_view(element.GetAttribute("class") or element.GetName())
        QWidget.show(widget)
        return node.GetLayoutLabel() or node.GetName(), widget

    def _singleton(self, tag: str) -> QWidget | None:
        return next((one.widget() for one in self._singletons if one.tagName() == tag), None)

    def _singleton_widgets(self) -> list[QWidget]:
        return [one.widget() for one in self._singletons if one.widget() is not None]

    def addMaximizedViewNode(self, node: Any) -> None:
        """Show this view alone, for a while."""
        self._logic.GetLayoutNode().AddMaximizedViewNode(node)

    def removeMaximizedViewNode(self, node: Any) -> None:
        """Show this view in its place again."""
        self._logic.GetLayoutNode().RemoveMaximizedViewNode(node)

    def removeAllMaximizedViewNodes(self) -> None:
        """Show the whole layout again."""
        self._logic.GetLayoutNode().RemoveAllMaximizedViewNodes()

    # All views

    def viewWidget(self, node: Any) -> Any:
        """The widget of a view node, or None."""
        return self._widgets.get(node.GetID()) if node is not None else None

    def viewport(self) -> QWidget:
        """The widget that the views fill."""
        return self._viewport

    def mrmlScene(self) -> Any:
        """The vtkMRMLScene."""
        return self._scene

    def shownViews(self) -> list[Any]:
        """Widgets of the slice and 3D views that the layout shows now."""
        return [widget for widget in self._drawn() if not QWidget.isHidden(widget)]

    def setRenderPaused(self, paused: bool) -> None:
        """Hold drawing back in all views; calls nest."""
        for widget in self._drawn():
            widget.view().setRenderPaused(paused)

    def pauseRender(self) -> None:
        """Hold drawing back."""
        self.setRenderPaused(True)

    def resumeRender(self) -> None:
        """Draw again."""
        self.setRenderPaused(False)

    def dispose(self) -> None:
        """Let all views, their logics and the scene go."""
        if self._disposed:
            return
        self._disposed = True
        self._observers.clear()
        self._layout_observers.clear()
        self._take_down()
        for widget in self._widgets.values():
            self._discard(widget)
        self._widgets.clear()
        self._singletons.clear()
        self._slice_logics.RemoveAllItems()
        self._view_logics.RemoveAllItems()
        self._application_logic.SetSliceLogics(None)
        self._application_logic.SetViewLogics(None)
        with suppress(AttributeError):
            self._logic.SetMRMLApplicationLogic(None)
        self._logic.SetMRMLScene(None)
        register_displayable_managers(None)
