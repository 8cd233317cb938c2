"""The settings of the scalar volume plugin, as rows of the settings panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def fill(panel: Any, parent: Any, prefix: str, approaches: Sequence[str]) -> None:
    """Add the rows.

    Parameters
    ----------
    panel
        The settings panel, which stores what the widgets show.
    parent
        The group box of the plugin.
    prefix
        Of the keys of its settings.
    approaches
        Names of the ways to read files, in the order of the setting.
    """
    import qt

    layout = qt.QFormLayout(parent)
    _add_approach(panel, layout, prefix + "ReaderApproach", approaches)
    _add_regularization(panel, layout, prefix + "AcquisitionGeometryRegularization")
    _add_loading_by_time(panel, layout, prefix + "AllowLoadingByTime")


def _add_approach(panel: Any, layout: Any, key: str, approaches: Sequence[str]) -> None:
    import qt
    from slicer.i18n import tr as _

    box = qt.QComboBox()
    box.toolTip = _("How image files are read. The first way also reads by itself what is simple.")
    box.addItems(approaches)
    layout.addRow(_("DICOM reader approach:"), box)
    panel.registerProperty(key, box, "currentIndex", str(qt.SIGNAL("currentIndexChanged(int)")))


def _add_regularization(panel: Any, layout: Any, key: str) -> None:
    import ctk
    import qt
    from slicer.i18n import tr as _

    box = ctk.ctkComboBox()
    box.toolTip = _("What is done with slices that are missing, tilted or unevenly spaced.")
    for text, value in (
        (_("default (apply regularization transform)"), "default"),
        (_("none"), "none"),
        (_("apply regularization transform"), "transform"),
        (_("harden regularization transform"), "hardenTransform"),
    ):
        box.addItem(text, value)
    box.currentIndex = 0
    layout.addRow(_("Acquisition geometry regularization:"), box)
    signal = str(qt.SIGNAL("currentIndexChanged(int)"))
    _register_for_restart(panel, key, box, "currentUserDataAsString", signal)


def _add_loading_by_time(panel: Any, layout: Any, key: str) -> None:
    import ctk
    import qt
    from slicer.i18n import tr as _

    box = qt.QCheckBox()
    box.toolTip = _("Offer the images of each content or trigger time as a volume.")
    layout.addRow(_("Allow loading subseries by time:"), box)
    mapper = ctk.ctkBooleanMapper(box, "checked", str(qt.SIGNAL("toggled(bool)")))
    signal = str(qt.SIGNAL("valueAsIntChanged(int)"))
    _register_for_restart(panel, key, mapper, "valueAsInt", signal)


def _register_for_restart(panel: Any, key: str, widget: Any, widget_property: str, signal: str) -> None:
    """Store a property under a key; what has been examined already is not examined again."""
    import ctk
    from slicer.i18n import tr as _

    title = _("DICOM examination settings")
    option = ctk.ctkSettingsPanel.OptionRequireRestart
    panel.registerProperty(key, widget, widget_property, signal, title, option)
