"""The send dialog under Slicer's name."""

from DICOMLib.widgets.network.send_dialog import DICOMSendDialog

__all__ = ["DICOMSendDialog"]
