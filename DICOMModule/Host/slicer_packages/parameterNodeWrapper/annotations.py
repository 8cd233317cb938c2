"""What can be said about a parameter in `Annotated[type, ...]`: a default, limits, how a widget shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Default:
    """The value of a parameter that has not been set; one function makes it anew for each node."""

    value: Any = None
    generator: Callable[[], Any] | None = None


class Validator:
    """Refuses values: `validate` raises ValueError."""

    def validate(self, value: Any) -> None:
        """Raise ValueError for a value that is not wanted."""


class NotNone(Validator):
    """Not None."""

    def validate(self, value: Any) -> None:
        """Refuse None."""
        if value is None:
            raise ValueError("None is not allowed.")


@dataclass(frozen=True)
class WithinRange(Validator):
    """Between two values, which are allowed, too; sets the range of a widget."""

    minimum: float
    maximum: float

    def validate(self, value: Any) -> None:
        """Refuse what is outside."""
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"{value} is not between {self.minimum} and {self.maximum}.")


@dataclass(frozen=True)
class RangeBounds(WithinRange):
    """Both ends of a range (a pair) lie between two values."""

    def validate(self, value: Any) -> None:
        """Refuse a range of which an end is outside."""
        for end in value:
            super().validate(end)


@dataclass(frozen=True)
class Minimum(Validator):
    """At least this value."""

    minimum: float

    def validate(self, value: Any) -> None:
        """Refuse what is below."""
        if value < self.minimum:
            raise ValueError(f"{value} is less than {self.minimum}.")


@dataclass(frozen=True)
class Maximum(Validator):
    """At most this value."""

    maximum: float

    def validate(self, value: Any) -> None:
        """Refuse what is above."""
        if value > self.maximum:
            raise ValueError(f"{value} is more than {self.maximum}.")


@dataclass(frozen=True)
class Choice(Validator):
    """One of some values; a combo box offers them."""

    choices: Any

    def validate(self, value: Any) -> None:
        """Refuse another value."""
        if value not in self.choices:
            raise ValueError(f"{value!r} is not one of {list(self.choices)}.")


@dataclass(frozen=True)
class Exclude(Validator):
    """None of some values."""

    excluded: Any

    def validate(self, value: Any) -> None:
        """Refuse one of them."""
        if value in self.excluded:
            raise ValueError(f"{value!r} is excluded.")


@dataclass(frozen=True)
class StartsWith(Validator):
    """A text with this beginning."""

    start: str

    def validate(self, value: Any) -> None:
        """Refuse a text that begins in another way."""
        if not value.startswith(self.start):
            raise ValueError(f"{value!r} does not start with {self.start!r}.")


@dataclass(frozen=True)
class Decimals:
    """Number of decimals that a widget shows."""

    value: int


@dataclass(frozen=True)
class SingleStep:
    """Step of a widget's arrows."""

    value: float
