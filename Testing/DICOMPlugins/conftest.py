"""What the tests of plugins share."""

from __future__ import annotations

import pytest

from Testing.application_database import database as database
from Testing.image_series import write

SETTING = "DICOM/ScalarVolume/"


@pytest.fixture
def settings(host):
    """The application's settings; the keys of this plugin are removed at the end."""
    import slicer

    store = slicer.app.settings()
    yield store
    for key in ("ReaderApproach", "AcquisitionGeometryRegularization", "AllowLoadingByTime"):
        store.remove(SETTING + key)


@pytest.fixture
def series(database, tmp_path):
    """Writes datasets, imports them and gives the plugin and the files."""
    import slicer

    from DICOMLib import DICOMUtils

    def make(datasets):
        paths = write(datasets, tmp_path / "files")
        assert DICOMUtils.importDicom(tmp_path / "files")
        return slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"](), paths

    return make
