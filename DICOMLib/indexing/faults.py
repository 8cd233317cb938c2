"""What pydicom raises on hostile files, as the reason why one is not taken."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.indexing import reasons

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
        raise InvalidDICOM(path, reasons.TRUNCATED) from error
    except InvalidDicomError as error:
        raise InvalidDICOM(path, reasons.NO_DICOM) from error
    except OSError as error:
        raise InvalidDICOM(path, reasons.UNREADABLE) from error
    except (BytesLengthException, *FAULTS) as error:
        raise InvalidDICOM(path, reasons.DAMAGED) from error
