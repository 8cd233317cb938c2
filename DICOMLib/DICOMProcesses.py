"""Slicer's file of programs of DCMTK, the listener and the sender."""

import sys

from DICOMLib.compat.script_commands import DICOMCommand, DICOMProcess, DICOMProcessTLSMixin
from DICOMLib.compat.script_listener import DICOMListener, DICOMStoreSCPProcess
from DICOMLib.compat.script_qr_server import DICOMTestingQRServer
from DICOMLib.compat.script_sender import DICOMSender

if "qtpy.QtCore" in sys.modules and sys.modules["qtpy.QtCore"].QCoreApplication.instance() is not None:
    # callbacks of scripts touch widgets; the listener has threads of its own
    from DICOMLib.widgets.progress import GuiDelivery

    DICOMListener.deliver = GuiDelivery().post
