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
    import ctk
    import qt
    from slicer.i18n import tr as _

    layout = qt.QFormLayout(parent)

    approach = qt.QComboBox()
    approach.toolTip = _("How image files are read. The first way also reads by itself what is simple.")
    approach.addItems(approaches)
    layout.addRow(_("DICOM reader approach:"), approach)
    panel.registerProperty(
        prefix + "ReaderApproach", approach, "currentIndex", str(qt.SIGNAL("currentIndexChanged(int)"))
    )

    regularization = ctk.ctkComboBox()
    regularization.toolTip = _("What is done with slices that are missing, tilted or unevenly spaced.")
    for text, value in (
        (_("default (apply regularization transform)"), "default"),
        (_("none"), "none"),
        (_("apply regularization transform"), "transform"),
        (_("harden regularization transform"), "hardenTransform"),
    ):
        regularization.addItem(text, value)
    regularization.currentIndex = 0
    layout.addRow(_("Acquisition geometry regularization:"), regularization)
    panel.registerProperty(
        prefix + "AcquisitionGeometryRegularization",
        regularization,
        "currentUserDataAsString",
        str(qt.SIGNAL("currentIndexChanged(int)")),
        _("DICOM examination settings"),
        ctk.ctkSettingsPanel.OptionRequireRestart,
    )

    byTime = qt.QCheckBox()
    byTime.toolTip = _("Offer the images of each content or trigger time as a volume.")
    layout.addRow(_("Allow loading subseries by time:"), byTime)
    mapper = ctk.ctkBooleanMapper(byTime, "checked", str(qt.SIGNAL("toggled(bool)")))
    panel.registerProperty(
        prefix + "AllowLoadingByTime",
        mapper,
        "valueAsInt",
        str(qt.SIGNAL("valueAsIntChanged(int)")),
        _("DICOM examination settings"),
        ctk.ctkSettingsPanel.OptionRequireRestart,
    )
