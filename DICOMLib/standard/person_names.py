"""Names of persons, as people read them."""

from __future__ import annotations


def displayed_person_name(name: str) -> str:
    """A person name (PS3.5 section 6.2.1) for people: "Last, First Middle, Suffix (Prefix)".

    Only the first component group counts.
    """
    parts = [part.strip() for part in name.split("=")[0].split("^")] + [""] * 5
    last, first, middle, prefix, suffix = parts[:5]
    given = " ".join(part for part in (first, middle) if part)
    text = ", ".join(part for part in (last, given, suffix) if part)
    return f"{text} ({prefix})".strip() if prefix else text
