"""A plugin that is asked about nothing offers nothing."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.mrml


def test_no_plugin_offers_anything_for_no_files(host):
    import slicer

    plugins = {name: kind() for name, kind in slicer.modules.dicomPlugins.items()}
    assert len(plugins) > 10
    assert [name for name, plugin in plugins.items() if plugin.examineFiles([])] == []
