"""New identities: the same for the same original wherever it occurs, in this run and the next."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from DICOMLib.core.errors import DICOMError, reason_of

STANDARD_ROOT = "1.2.840.10008."
OWN_ROOT = "2.25."  # of UIDs made of 128 bits (PS3.5 B.2)
LARGEST_UUID_BITS = 128
SHIFT_DAYS = (365, 3650)


@dataclass(slots=True)
class IdentityMap:
    """Original identities and what stands for them. It tells who is who: keep it as safe as the originals.

    Parameters
    ----------
    key
        Secret from which new UIDs, IDs and shifts are made; who does not know it cannot go back.
    prefix
        Begin of new patient IDs.
    patients, uids
        New patient IDs by original ones, new UIDs by original ones.
    """

    key: str = field(default_factory=lambda: secrets.token_hex(32))
    prefix: str = "ANON"
    patients: dict[str, str] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)
    _made: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self._made = {*self.patients.values(), *self.uids.values()}

    def patient(self, original: str) -> str:
        """New ID of a patient; one that was made by this map stays, as in what is derived from a copy."""
        if original in self._made:
            return original
        if original not in self.patients:
            self.patients[original] = f"{self.prefix}-{self._digest('patient', original)[:10].upper()}"
            self._made.add(self.patients[original])
        return self.patients[original]

    def uid(self, original: str) -> str:
        """New UID; those of the Standard, and those that were made by this map, stay."""
        if not original or original.startswith(STANDARD_ROOT) or original in self._made:
            return original
        if original not in self.uids:
            number = int(self._digest("uid", original), 16) >> (256 - LARGEST_UUID_BITS)
            self.uids[original] = f"{OWN_ROOT}{number}"
            self._made.add(self.uids[original])
        return self.uids[original]

    def shifted(self, value: str, patient: str) -> str:
        """A date (VR DA, or DT with its time) earlier by a number of days that is the same for a patient."""
        if patient in self._made:
            return value  # it was shifted when the copy was made
        days = SHIFT_DAYS[0] + int(self._digest("shift", patient), 16) % (SHIFT_DAYS[1] - SHIFT_DAYS[0])
        text = value.strip()
        try:
            original = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
            return (original - timedelta(days=days)).strftime("%Y%m%d").rjust(8, "0") + text[8:]
        except (ValueError, OverflowError):
            return ""

    def _digest(self, purpose: str, original: str) -> str:
        message = f"{purpose}\0{original}".encode()
        return hmac.new(bytes.fromhex(self.key), message, hashlib.sha256).hexdigest()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the map, readable for the owner only.

        Raises
        ------
        DICOMError
            If it cannot be written there.
        """
        try:
            self._write(Path(path))
        except OSError as error:
            raise DICOMError(
                f"The map of identities cannot be written to {path} ({reason_of(error)}). "
                "Choose another place."
            ) from None

    def _write(self, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".map-")  # mode 600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(self._as_document(), file, indent=1, ensure_ascii=False)
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)

    def _as_document(self) -> dict[str, object]:
        return {"key": self.key, "prefix": self.prefix, "patients": self.patients, "uids": self.uids}

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> IdentityMap:
        """Read a map that was saved.

        Raises
        ------
        DICOMError
            If the file is none.
        """
        try:
            document = json.loads(Path(path).read_text(encoding="utf-8"))
            bytes.fromhex(document["key"])
            return cls(
                document["key"], document["prefix"], _texts(document["patients"]), _texts(document["uids"])
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DICOMError(f"{path} is no map of identities ({type(error).__name__}).") from None


def _texts(mapping: Mapping[str, str]) -> dict[str, str]:
    return {str(name): str(value) for name, value in mapping.items()}
