"""Two files compared, side by side in one tree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import Job
from DICOMLib.widgets.file_questions import ask_file
from DICOMLib.widgets.metadata.element_comparison import (
    SAME,
    Difference,
    compare,
    only_differences,
    settled,
)
from DICOMLib.widgets.metadata.elements import Element, read_elements
from DICOMLib.widgets.metadata.object_model import TreeModel
from DICOMLib.widgets.progress import Stepper
from DICOMLib.widgets.translation import _

SHORTEST_NAME = 28  # characters of a path that a box shows at least


class ComparisonView(QWidget):
    """Chooses two files and shows their elements beside each other; differences are coloured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stepper = Stepper(self)
        self.leftBox, self.rightBox = QComboBox(self), QComboBox(self)
        for box, name in ((self.leftBox, _("First file")), (self.rightBox, _("Second file"))):
            box.setAccessibleName(name)
            box.setToolTip(_("Choose one of the files"))
        self.otherButton = QPushButton(_("Other file…"), self)
        self.otherButton.setAutoDefault(False)
        self.otherButton.setToolTip(_("Compare with a file that is not among these"))
        self.onlyDifferences = QCheckBox(_("Only differences"), self)
        self.onlyDifferences.setChecked(True)
        self.onlyDifferences.setToolTip(_("Hide the elements that both files have alike"))
        self.summary = QLabel(self)
        self.model = TreeModel([_("Tag"), _("Attribute"), _("First file"), _("Second file")], self)
        self.tree = QTreeView(self)
        self.tree.setModel(self.model)
        self.tree.setAccessibleName(_("Both files"))
        self.tree.setUniformRowHeights(True)
        header = self.tree.header()
        header.setStretchLastSection(False)
        for column, width in ((0, 170), (1, 240)):
            header.resizeSection(column, width)
        for column in (2, 3):
            header.setSectionResizeMode(column, QHeaderView.Stretch)
        self._lay_out()
        for box in (self.leftBox, self.rightBox):
            box.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(SHORTEST_NAME)
            box.currentIndexChanged.connect(lambda _index: self._compare())
        self.otherButton.clicked.connect(lambda _checked=False: self.chooseOther())
        self.onlyDifferences.toggled.connect(lambda _only: self._compare())

    def _lay_out(self) -> None:
        top = QGridLayout()
        for row, (text, box) in enumerate(
            ((_("First file:"), self.leftBox), (_("Second file:"), self.rightBox))
        ):
            top.addWidget(QLabel(text, self), row, 0)
            top.addWidget(box, row, 1)
        top.addWidget(self.onlyDifferences, 0, 2)
        top.addWidget(self.otherButton, 1, 2)
        top.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.summary)
        layout.addWidget(self.tree, 1)

    def setFileList(self, files: Sequence[str], current: str = "") -> None:
        """Offer these files; the current one and the next are compared."""
        offered = [self.leftBox.itemData(i) for i in range(self.leftBox.count())]
        if offered[: len(files)] == list(files) and files:
            return
        first = files.index(current) if current in files else 0
        for box, chosen in ((self.leftBox, first), (self.rightBox, min(first + 1, len(files) - 1))):
            box.blockSignals(True)
            box.clear()
            for path in files:
                self._offer(box, path)
            box.setCurrentIndex(chosen)
            box.blockSignals(False)
        self._compare()

    @staticmethod
    def _offer(box: QComboBox, path: str) -> None:
        box.addItem(Path(path).name, path)
        box.setItemData(box.count() - 1, path, Qt.ToolTipRole)

    def chooseOther(self) -> QFileDialog:
        """Ask for a second file that is not among those offered."""
        dialog = ask_file(self, _("Compare with another file"), self.compareWith)
        dialog.setObjectName("OtherFileDialog")
        return dialog

    def compareWith(self, path: str) -> None:
        """Make a file the second one."""
        for box in (self.leftBox, self.rightBox):
            if box.findData(path) < 0:
                self._offer(box, path)
        self.rightBox.setCurrentIndex(self.rightBox.findData(path))

    def _compare(self) -> None:
        left, right = (self._read(box.currentData()) for box in (self.leftBox, self.rightBox))
        self.summary.setText(_("Comparing…"))
        self._stepper.stop()
        self._stepper.start(
            self._steps(left, right), on_done=lambda found: self._show(*found), on_error=self._fail
        )
        self._stepper.turn()

    def _steps(
        self, left: Sequence[Element], right: Sequence[Element]
    ) -> Job[tuple[list[Difference], list[Difference]]]:
        """All elements, and those that are shown."""
        differences = yield from settled(compare(left, right))
        if not self.onlyDifferences.isChecked():
            return differences, differences
        return differences, (yield from only_differences(differences))

    def _show(self, differences: Sequence[Difference], shown: Sequence[Difference]) -> None:
        count = sum(difference.kind != SAME for difference in differences)
        text = _("{count} of {total} elements differ.")
        self.summary.setText(text.format(count=count, total=len(differences)))
        self.model.show(shown)

    def _fail(self, error: Exception) -> None:
        self.summary.setText(str(error))

    @staticmethod
    def _read(path: str | None) -> list[Element]:
        try:
            return read_elements(path) if path else []
        except InvalidDICOM as error:
            return [Element("", _("Cannot be read"), str(error))]
