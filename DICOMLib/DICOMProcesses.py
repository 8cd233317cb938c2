"""Slicer's file of programs of DCMTK, the listener and the sender."""

from DICOMLib.compat.script_commands import DICOMCommand, DICOMProcess, DICOMProcessTLSMixin
from DICOMLib.compat.script_listener import DICOMListener, DICOMStoreSCPProcess
from DICOMLib.compat.script_qr_server import DICOMTestingQRServer
from DICOMLib.compat.script_sender import DICOMSender
