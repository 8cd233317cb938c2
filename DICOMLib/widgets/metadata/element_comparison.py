"""Two files side by side, element by element."""

from __future__ import annotations

from collections.abc import Sequence

from DICOMLib.core.jobs import Job, Progress
from DICOMLib.widgets.metadata.elements import Element

SAME, CHANGED, ONLY_LEFT, ONLY_RIGHT = "same", "changed", "only left", "only right"


class Difference:
    """One element of two files; what is below is compared when it is asked for."""

    def __init__(self, left: Element | None, right: Element | None) -> None:
        self.left, self.right = left, right
        self._children: list[Difference] | None = None
        self._kind = ""

    @property
    def shown(self) -> Element:
        """The element of the file that has it."""
        found = self.left or self.right
        assert found is not None
        return found

    @property
    def children(self) -> list[Difference]:
        """The items or elements below, of both files."""
        if self._children is None:
            self._children = compare(
                self.left.children if self.left else [], self.right.children if self.right else []
            )
        return self._children

    @property
    def may_have_children(self) -> bool:
        """Whether something may be below, without a look at it."""
        return any(side is not None and side.may_have_children for side in (self.left, self.right))

    @property
    def kind(self) -> str:
        """SAME, CHANGED (also somewhere below), ONLY_LEFT or ONLY_RIGHT."""
        self.settle()
        return self._kind

    def settle(self) -> None:
        """Compare now, which is quick where all below has been compared."""
        if not self._kind:
            self._kind = self._compare()

    def _compare(self) -> str:
        if self.left is None:
            return ONLY_RIGHT
        if self.right is None:
            return ONLY_LEFT
        same = self.left.has_value_of(self.right)
        if not same or any(child.kind != SAME for child in self.children):
            return CHANGED
        return SAME

    def columns(self) -> tuple[str, str, str, str]:
        """What is shown in the columns Tag, Attribute, first file, second file."""
        return (
            self.shown.tag,
            self.shown.attribute,
            self.left.value if self.left else "",
            self.right.value if self.right else "",
        )


def compare(left: Sequence[Element], right: Sequence[Element]) -> list[Difference]:
    """Pair the elements by tag and the items of a sequence by number, in order."""
    pairs: dict[str, list[Element | None]] = {}
    for side, elements in enumerate((left, right)):
        for element in elements:
            pairs.setdefault(element.tag or element.attribute, [None, None])[side] = element
    numbered = sorted(pairs.items(), key=lambda pair: _order(pair[0]))
    return [Difference(*both) for _name, both in numbered]


def _order(name: str) -> tuple[int, str]:
    """File meta information first, then tags; items by number."""
    return (int(name.removeprefix("Item ")), "") if name.startswith("Item ") else (0, name)


def settled(differences: Sequence[Difference]) -> Job[list[Difference]]:
    """The same ones, all compared; files of many frames take their time."""
    for difference in differences:
        yield Progress(step="Comparing")
        if difference.left is not None and difference.right is not None and difference.may_have_children:
            yield from settled(difference.children)
        difference.settle()
    return list(differences)


def only_differences(differences: Sequence[Difference]) -> Job[list[Difference]]:
    """Those that are not the same, with only such below them."""
    kept = []
    for difference in differences:
        yield Progress(step="Comparing")
        if difference.kind != SAME:
            reduced = Difference(difference.left, difference.right)
            reduced._kind = difference.kind
            reduced._children = yield from only_differences(difference.children)
            kept.append(reduced)
    return kept
