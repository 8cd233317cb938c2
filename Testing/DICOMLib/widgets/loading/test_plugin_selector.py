"""The list of plugins: names as users know them."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


def test_names_of_plugins(qtbot, host):
    from DICOMLib.widgets.loading.plugin_selector import DICOMPluginSelector

    selector = DICOMPluginSelector()
    qtbot.addWidget(selector)
    shown = {name: box.text() for name, box in selector.checkBoxByPlugin.items()}
    assert shown["DICOMGeAbusPlugin"] == "GE ABUS"
    assert shown["DICOMM3DPlugin"] == "M3D"
    assert shown["DICOMEnhancedUSVolumePlugin"] == "Enhanced US Volume"
    assert shown["DICOMTID1500Plugin"] == "TID1500"
    assert shown["DICOMRWVMPlugin"] == "RWVM"
    assert shown["DICOMScalarVolumePlugin"] == "Scalar Volume"
