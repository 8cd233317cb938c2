"""Which extensions are proposed: none for what a plugin here does."""

from __future__ import annotations

import pytest

from DICOMLib.plugins import registry
from DICOMLib.widgets.loading.extensions import extensions_for
from Testing import factories
from Testing.application_database import database as database
from Testing.DICOMPlugins.loading import import_files

pytestmark = pytest.mark.mrml


@pytest.fixture
def imported(database, tmp_path):
    """A structure set, a registration and a PET image."""
    objects = [
        factories.rt_structure_set(),
        factories.instance(
            "1.2.840.10008.5.1.4.1.1.66.1", Modality="REG", SOPInstanceUID="1.2.1", SeriesInstanceUID="1.2.2"
        ),
        factories.instance(Modality="PT", SOPInstanceUID="1.2.3", SeriesInstanceUID="1.2.4"),
    ]
    factories.write(objects, tmp_path / "made")
    import_files(tmp_path / "files", tmp_path / "made")
    return database


def test_what_plugins_load_needs_no_extension(imported):
    assert extensions_for(imported) == ["PETDICOMExtension"]


@pytest.mark.parametrize("missing", ["DicomRtImportExportPlugin", "DicomSroImportExportPlugin"])
def test_without_the_plugin_its_extension_is_proposed(imported, monkeypatch, missing):
    monkeypatch.delitem(registry.registered(), missing)
    assert sorted(extensions_for(imported)) == ["PETDICOMExtension", "SlicerRT"]
