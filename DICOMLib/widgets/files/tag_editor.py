"""The tags that an export writes, to be looked at and edited: of patient, study, and each series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.export_item import hierarchy, item_tags, study_and_patient
from DICOMLib.mrml.subject_hierarchy import ATTRIBUTE_PREFIX, PATIENT_ATTRIBUTES, STUDY_ATTRIBUTES
from DICOMLib.plugins.export import patient_and_study_tags, set_common_tags
from DICOMLib.widgets.translation import _

PLACE_ROLE = int(Qt.UserRole)


class TagEditor(QTreeWidget):
    """Sections of tags; only the values can be edited, and go at once into the exportables."""

    tagEdited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("TagEditor")
        self.setAccessibleName(_("Tags"))
        self.setHeaderLabels([_("Tag"), _("Value")])
        self.setRootIsDecorated(False)
        self.setAlternatingRowColors(True)
        self.setUniformRowHeights(True)
        self.setEditTriggers(QTreeWidget.NoEditTriggers)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeToContents)
        self._exportables: list[Any] = []
        self._edited: set[tuple[Any, str]] = set()
        self.itemChanged.connect(self._on_edited)
        self.itemClicked.connect(self._edit)
        self.itemActivated.connect(self._edit)

    def setExportables(self, exportables: Sequence[Any]) -> None:
        """Show the tags of these exportables.

        Raises
        ------
        ExportError
            If one has no patient or study.
        """
        self.clear()
        self._edited.clear()
        self._exportables = list(exportables)
        if not self._exportables:
            return
        item = self._exportables[0].subjectHierarchyItemID
        patient, study = patient_and_study_tags(item)
        set_common_tags(self._exportables, {**patient, **study})
        self.blockSignals(True)
        self._add_section(_("Patient"), patient, "patient")
        self._add_section(_("Study"), study, "study")
        for number, exportable in enumerate(self._exportables):
            if _describes(exportable.subjectHierarchyItemID, exportable):
                known = item_tags(exportable.subjectHierarchyItemID, _own_names(exportable))
                set_common_tags([exportable], known)
            own = {name: exportable.tag(name) for name in _own_names(exportable)}
            name = hierarchy().GetItemName(exportable.subjectHierarchyItemID)
            self._add_section(_("Series “{name}”").format(name=name), own, number)
        self.blockSignals(False)

    def exportables(self) -> list[Any]:
        """What is exported, with the tags as they were edited."""
        return list(self._exportables)

    def commitChangesToItems(self) -> None:
        """Write the tags that were edited into the items of the subject hierarchy.

        Those of a series of another kind than the item, such as a segmentation that is made of a CT, are not:
        they are not true of the item.
        """
        tree = hierarchy()
        for number, exportable in enumerate(self._exportables):
            item = exportable.subjectHierarchyItemID
            study, patient = study_and_patient(item)
            owners: dict[Any, int] = {"patient": patient, "study": study}
            if _describes(item, exportable) or (number, "Modality") in self._edited:
                owners[number] = item
            for place, name in self._edited:
                if place in owners:
                    tree.SetItemAttribute(owners[place], ATTRIBUTE_PREFIX + name, exportable.tag(name))

    def _add_section(self, title: str, tags: dict[str, str], place: Any) -> None:
        section = QTreeWidgetItem([title])
        font = section.font(0)
        font.setBold(True)
        section.setFont(0, font)
        section.setFlags(Qt.ItemIsEnabled)
        self.addTopLevelItem(section)
        section.setFirstColumnSpanned(True)
        for name, value in tags.items():
            row = QTreeWidgetItem([name, value])
            row.setFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable | Qt.ItemIsEditable)
            row.setData(0, PLACE_ROLE, place)
            section.addChild(row)
        section.setExpanded(True)

    def _edit(self, item: QTreeWidgetItem, _column: int) -> None:
        if item.flags() & Qt.ItemIsEditable:
            self.editItem(item, 1)

    def _on_edited(self, item: QTreeWidgetItem, column: int) -> None:
        if column != 1:
            return
        place, name, value = item.data(0, PLACE_ROLE), item.text(0), item.text(1)
        self._edited.add((place, name))
        if isinstance(place, int):
            self._exportables[place].setTag(name, value)
        else:
            set_common_tags(self._exportables, {name: value})
        self.tagEdited.emit()


def _own_names(exportable: Any) -> list[str]:
    """Names of the tags that are neither of the patient nor of the study."""
    common = {*PATIENT_ATTRIBUTES, *STUDY_ATTRIBUTES}
    return [name for name in exportable.tags if name not in common]


def _describes(item: int, exportable: Any) -> bool:
    """Whether what is known of an item is true of the series that is written of it."""
    known = item_tags(item, ["Modality"]).get("Modality")
    return not known or exportable.tag("Modality") in ("", known)


class qSlicerDICOMTagEditorWidget(TagEditor):
    """The editor in the manner of Slicer's widget, for panels of scripts."""

    def setMRMLScene(self, scene: Any) -> None:
        """Begin anew: what is edited belongs to items of a scene."""
        self.clear()
        self._exportables = []

    def setExportables(self, exportables: Sequence[Any]) -> str:  # type: ignore[override]
        """Show the tags of these exportables; the text tells why that is not possible, empty if it is."""
        try:
            super().setExportables(exportables)
        except ExportError as error:
            return str(error)
        return ""
