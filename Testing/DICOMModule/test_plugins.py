"""Plugins of others in the application: their tags, settings, switches, and faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from DICOMLib import DICOMPlugin, DICOMUtils
from Testing import factories
from Testing.DICOMLib.cli.commands import slicer_dicom

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]

THIRD_PARTY = Path(__file__).resolve().parent.parent / "third_party"
TAG_OF_ITS_OWN = "0018,1008"  # Gantry ID, which nobody else asks for


class Curious(DICOMPlugin):
    """Asks for a tag of its own, and has settings."""

    def __init__(self) -> None:
        super().__init__()
        self.loadType = "Curious"
        self.tags["gantry"] = TAG_OF_ITS_OWN

    @staticmethod
    def settingsPanelEntry(panel, group):
        import qt

        layout = qt.QFormLayout(group)
        layout.addRow("Curiosity:", qt.QLabel("great"))


class Broken(DICOMPlugin):
    """Cannot show its settings."""

    @staticmethod
    def settingsPanelEntry(panel, group):
        raise RuntimeError("no settings today")


class NoPlugin:
    """Is not derived from DICOMPlugin, and has no tags."""


@pytest.fixture
def registered():
    """Further plugins, registered as their modules do it."""
    plugins = slicer.modules.dicomPlugins
    before = dict(plugins)
    yield plugins
    plugins.clear()
    plugins.update(before)


@pytest.fixture
def tags_before(dicom):
    """The tags that are cached at import, which are as before when the test is over."""
    tags = list(dicom.database.tagsToPrecache)
    yield tags
    dicom.database.tagsToPrecache = tags


def test_what_a_plugin_asks_for_is_cached_at_import(dicom, tags_before, registered, tmp_path):
    registered["Curious"], registered["NoPlugin"] = Curious, NoPlugin
    assert TAG_OF_ITS_OWN not in tags_before
    dicom.instance.initializeDICOMDatabase()
    assert TAG_OF_ITS_OWN in dicom.database.tagsToPrecache
    (path,) = factories.write([factories.instance(GantryID="G7")], tmp_path / "files")
    assert DICOMUtils.importDicom(str(tmp_path / "files"))
    uid = dicom.database.instanceForFile(str(path))
    assert dicom.database.cachedTag(uid, TAG_OF_ITS_OWN) == "G7"


def test_settings_of_plugins_and_one_that_fails(dicom, registered, caplog):
    import ctk
    from DICOM import DICOMSettingsPanel

    registered["Broken"], registered["Curious"] = Broken, Curious
    panel = DICOMSettingsPanel()
    titles = [
        group.title for group in panel.findChildren(ctk.ctkCollapsibleGroupBox) if group.isVisibleTo(panel)
    ]
    assert {"Scalar Volume", "Curious"} <= set(titles)
    assert "Generic DICOM" not in titles
    assert "DICOM plugin Broken failed while its settings were shown" in caplog.text
    panel.deleteLater()


def test_a_plugin_is_switched_off_and_on_in_the_panel(dicom, kept_settings):
    name = "DICOMScalarVolumePlugin"
    box = dicom.panel.pluginSelector.checkBoxByPlugin[name]
    assert box.isChecked()
    box.setChecked(False)
    try:
        assert name not in DICOMUtils.getDefaultPluginClassNames()
        assert name not in dicom.panel.pluginSelector.selectedPlugins()
    finally:
        box.setChecked(True)
    assert name in DICOMUtils.getDefaultPluginClassNames()


def test_plugins_from_a_folder_of_the_settings(tmp_path):
    store = f"qt.QSettings().setValue('Modules/AdditionalPaths', [{str(THIRD_PARTY)!r}])"
    assert slicer_dicom("run", "--code", store, folder=tmp_path).returncode == 0
    ask = "print([name in slicer.modules.dicomPlugins for name in ('DICOMTimePointsPlugin', 'Nothing')])"
    result = slicer_dicom("run", "--code", ask, folder=tmp_path)
    assert (result.returncode, result.stdout) == (0, "[True, False]\n")
