"""The list of modules, by category, from which the user chooses the panel to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from DICOMLib.widgets.translation import _
from DICOMModule.Host.dialect.qt_dialect import dialect

if TYPE_CHECKING:
    from DICOMModule.Host.modules import ModuleManager

MAIN_CATEGORY = ""  # modules of it come first, without a heading


class ModuleSelector(dialect(QWidget)):  # type: ignore[misc]
    """A box with the titles of all modules that have a panel; `selectModule` is what scripts call.

    Attributes
    ----------
    moduleSelected
        Emitted with the name of the module when another one is chosen; "" for none.
    """

    moduleSelected = Signal(str)

    def __init__(self, modules: ModuleManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._modules = modules
        self._previous: list[str] = []
        QObject.setObjectName(self, "ModuleSelector")
        self._box = QComboBox()
        self._box.setObjectName("ModulesComboBox")
        self._box.setAccessibleName(_("Module"))
        self._box.setToolTip(_("Choose the module whose panel is shown"))
        self._box.setSizeAdjustPolicy(QComboBox.AdjustToContents)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 0)
        row.addWidget(QLabel(_("Modules:")))
        row.addWidget(self._box)
        self.refill()
        self._box.currentIndexChanged.connect(self._on_index_changed)
        modules.moduleLoaded.connect(self._on_modules_changed)

    def _on_modules_changed(self, _name: str) -> None:
        self.refill()

    def refill(self) -> None:
        """List the modules that there are now; the chosen one stays chosen."""
        chosen = self.selectedModule
        self._box.blockSignals(True)
        self._box.clear()
        self._box.addItem(_("Choose a module"), "")
        for category, modules in self._by_category():
            if category != MAIN_CATEGORY:
                self._add_heading(category)
            for module in modules:
                self._box.addItem(module.title, module.name)
                if module.icon is not None:
                    self._box.setItemIcon(self._box.count() - 1, module.icon)
        self._box.setCurrentIndex(max(0, self._box.findData(chosen)))
        self._box.blockSignals(False)

    def _by_category(self) -> list[tuple[str, list[Any]]]:
        groups: dict[str, list[Any]] = {}
        for module in self._modules.scripted():
            if module.has_panel and not module.hidden:
                category = (module.categories or [_("Other")])[0]
                groups.setdefault(str(category), []).append(module)
        for modules in groups.values():
            modules.sort(key=lambda module: module.title.lower())
        return sorted(groups.items())

    def _add_heading(self, category: str) -> None:
        self._box.insertSeparator(self._box.count())
        self._box.addItem(category)
        item = self._box.model().item(self._box.count() - 1)
        item.setEnabled(False)

    def _on_index_changed(self, _index: int) -> None:
        name = self.selectedModule
        if name and (not self._previous or self._previous[-1] != name):
            self._previous.append(name)
        self.moduleSelected.emit(name)

    @property
    def selectedModule(self) -> str:
        """Name of the chosen module, "" for none."""
        return str(self._box.currentData() or "")

    def selectModule(self, name: str) -> None:
        """Choose a module by its name; one that has no panel is an error of the caller.

        Raises
        ------
        ValueError
            If there is no module of that name with a panel.
        """
        index = self._box.findData(name)
        if index < 0:
            raise ValueError(f"There is no module {name!r} with a panel.")
        self._box.setCurrentIndex(index)

    def selectPreviousModule(self) -> None:
        """Choose the module that was shown before this one."""
        if len(self._previous) > 1:
            self._previous.pop()
            self.selectModule(self._previous[-1])
