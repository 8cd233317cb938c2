"""The button that changes the layout of the views."""

from __future__ import annotations

from typing import Any

import slicer
from qtpy.QtWidgets import QAction, QActionGroup, QMenu, QToolButton, QWidget

from DICOMLib.widgets.icons import icon
from DICOMLib.widgets.translation import _, translatable

# Suffix of vtkMRMLLayoutNode.SlicerLayout…, text, icon; None for a line between.
LAYOUTS = (
    ("ConventionalView", translatable("Conventional"), "LayoutConventional"),
    ("ConventionalWidescreenView", translatable("Conventional widescreen"), "LayoutConventionalWidescreen"),
    ("FourUpView", translatable("Four-Up"), "LayoutFourUp"),
    ("Dual3DView", translatable("Dual 3D"), "LayoutDual3D"),
    ("ThreeOverThreeView", translatable("Three over three"), "LayoutThreeOverThree"),
    ("FourOverFourView", translatable("Four over four"), "LayoutThreeOverThree"),
    ("SideBySideView", translatable("Side by side"), "LayoutSideBySide"),
    None,
    ("OneUp3DView", translatable("3D only"), "LayoutOneUp3D"),
    ("OneUpRedSliceView", translatable("Red slice only"), "LayoutOneUpRed"),
    ("OneUpYellowSliceView", translatable("Yellow slice only"), "LayoutOneUpYellow"),
    ("OneUpGreenSliceView", translatable("Green slice only"), "LayoutOneUpGreen"),
    None,
    ("FourUpTableView", translatable("Four-Up with table"), "LayoutFourUp"),
    ("FourUpPlotView", translatable("Four-Up with plot"), "LayoutFourUp"),
    ("DicomBrowserView", translatable("DICOM browser"), "DICOMDatabase"),
)


class LayoutMenu(QMenu):
    """Layouts to choose from; the one that is shown is marked."""

    def __init__(self, layout_manager: Any, parent: QWidget | None = None) -> None:
        super().__init__(_("Layout"), parent)
        self.setObjectName("LayoutMenu")
        self._manager = layout_manager
        self._actions: dict[int, QAction] = {}
        self._group = QActionGroup(self)
        for entry in LAYOUTS:
            if entry is None:
                self.addSeparator()
            else:
                self._add(*entry)
        layout_manager.layoutChanged.connect(self.follow)
        self.follow(layout_manager.layout)

    def _add(self, suffix: str, text: str, icon_name: str) -> None:
        number = int(getattr(slicer.vtkMRMLLayoutNode, f"SlicerLayout{suffix}"))
        action = self.addAction(icon(icon_name), _(text))
        action.setObjectName(f"Layout{suffix}Action")
        action.setCheckable(True)
        action.triggered.connect(lambda _checked=False: self._manager.setLayout(number))
        self._group.addAction(action)
        self._actions[number] = action

    def follow(self, number: int) -> None:
        """Mark the layout of that number; one that is not in the menu unmarks all."""
        action = self._actions.get(number)
        self._group.setExclusive(action is not None)
        for other in self._actions.values():
            other.setChecked(other is action)

    def shown_action(self) -> QAction | None:
        """The action of the layout that is shown."""
        return self._actions.get(self._manager.layout)


class LayoutButton(QToolButton):
    """Shows the layout's icon; a click opens the menu."""

    def __init__(self, layout_manager: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("LayoutButton")
        self.setToolTip(_("Choose the layout of the views"))
        self.setAccessibleName(self.toolTip())
        self.setPopupMode(QToolButton.InstantPopup)
        self.setMenu(LayoutMenu(layout_manager, self))
        layout_manager.layoutChanged.connect(self._follow)
        self._follow()

    def _follow(self, *_number: Any) -> None:
        action = self.menu().shown_action()
        self.setIcon(action.icon() if action is not None else icon("LayoutFourUp"))
