"""Where the user's settings are, for those who need them without the application."""

from __future__ import annotations

from qtpy import QtCore

ORGANIZATION = "slicer-dicom"
NAME = "SlicerDICOM"


def user_settings() -> QtCore.QSettings:
    """The settings of the application."""
    return QtCore.QSettings(QtCore.QSettings.IniFormat, QtCore.QSettings.UserScope, ORGANIZATION, NAME)
