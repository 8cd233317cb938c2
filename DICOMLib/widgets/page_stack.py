"""Pages of which one is shown, and takes the room that it needs."""

from __future__ import annotations

from qtpy.QtWidgets import QSizePolicy, QStackedWidget, QWidget


class PageStack(QStackedWidget):
    """A stack that is as wide and high as the page that is shown; in Qt's own, the largest page counts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.currentChanged.connect(self._count_the_shown_page)

    def addWidget(self, page: QWidget) -> int:
        """Add a page behind the others; its place among them."""
        place = super().addWidget(page)
        self._count_the_shown_page()
        return place

    def _count_the_shown_page(self) -> None:
        for place in range(self.count()):
            policy = QSizePolicy.Preferred if place == self.currentIndex() else QSizePolicy.Ignored
            self.widget(place).setSizePolicy(policy, policy)
        self.updateGeometry()  # Qt does not, for pages that are hidden
