"""Resources are found in the source tree, and a missing one is named."""

from __future__ import annotations

import pytest

from DICOMLib.core.resources import resource


def test_folder_of_documents_is_found():
    assert resource("Docs").is_dir()


def test_missing_resource_is_named():
    with pytest.raises(FileNotFoundError, match=r"no resource 'Icons/no-such\.svg'"):
        resource("Icons/no-such.svg")
