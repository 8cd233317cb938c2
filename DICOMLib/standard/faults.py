"""What pydicom raises on hostile files, as the reason why one is not taken: constant phrases."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from DICOMLib.core.errors import InvalidDICOM

NOT_FOUND = "does not exist"
UNREADABLE = "cannot be read"
NO_DICOM = "no DICOM file"
TRUNCATED = "truncated"
DAMAGED = "damaged DICOM file"

# Beside pydicom's own errors.
FAULTS = (
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RecursionError,
    ArithmeticError,
    MemoryError,
    struct.error,
    zlib.error,
)


@contextmanager
def faults_of(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise `InvalidDICOM` with a reason for whatever pydicom raises at a file."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    try:
        yield
    except EOFError as error:
        raise InvalidDICOM(path, TRUNCATED) from error
    except InvalidDicomError as error:
        raise InvalidDICOM(path, NO_DICOM) from error
    except FileNotFoundError as error:
        raise InvalidDICOM(path, NOT_FOUND) from error
    except OSError as error:
        raise InvalidDICOM(path, UNREADABLE) from error
    except (BytesLengthException, *FAULTS) as error:
        raise InvalidDICOM(path, DAMAGED) from error
