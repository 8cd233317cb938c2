"""The sending side of C-STORE (PS3.4 annex B), over our own PDUs for speed and flat memory."""

from __future__ import annotations

from typing import BinaryIO

from DICOMLib.core.errors import PeerAborted
from DICOMLib.network import pdu
from DICOMLib.network.pdu import ProtocolError
from DICOMLib.network.requestor import Requestor
from DICOMLib.network.wire import Released


class StoreClient(Requestor):
    """An association for C-STORE."""

    _message_id = 0

    def store(self, context: int, sop_class: str, sop_instance: str, data: tuple[BinaryIO, int]) -> int:
        """Send an instance and return the status of the peer.

        Parameters
        ----------
        context
            ID of an accepted context.
        sop_class, sop_instance
            What it is.
        data
            A file that stands at the beginning of the data set, and the length of the data set in bytes.

        Raises
        ------
        PeerAborted
            If no valid answer comes.
        """
        self._message_id = self._message_id % 0xFFFF + 1
        command = pdu.encode_command(
            {
                pdu.AFFECTED_SOP_CLASS: sop_class,
                pdu.COMMAND_FIELD: pdu.C_STORE_RQ,
                pdu.MESSAGE_ID: self._message_id,
                pdu.PRIORITY: 0,
                pdu.DATA_SET_TYPE: 1,
                pdu.AFFECTED_SOP_INSTANCE: sop_instance,
            }
        )
        self._wire.send_message(context, command, *data)
        try:
            number, answer = self._wire.read_command()
            if answer.has_data:
                self._wire.read_data(number, lambda _piece: None)
        except Released as end:
            raise PeerAborted("The peer ended the association instead of answering.") from end
        field, responded = answer.number(pdu.COMMAND_FIELD), answer.number(pdu.RESPONDED_TO)
        if field != pdu.C_STORE_RQ | pdu.RESPONSE or responded != self._message_id:
            raise ProtocolError("The peer answered to something that was not asked.")
        return answer.number(pdu.STATUS)
