"""One entry of the server list, as Slicer's scripts know it."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum
from typing import Any

from DICOMLib.compat.network_face import NetworkFace
from DICOMLib.core.events import Emitter, Signal
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import C_GET, C_MOVE, Peer
from DICOMLib.network.tls import TLSOptions
from DICOMLib.web.exchange import Target


class RetrieveProtocol(IntEnum):
    """How studies are retrieved."""

    CGET = 0
    CMOVE = 1


class ctkDICOMServer(NetworkFace, Emitter):
    """A server; setting anything emits `serverModified(connectionName)`.

    Attributes
    ----------
    connectionName, callingAETitle, calledAETitle, host, port, connectionTimeout
        How it is called; the timeout in seconds.
    retrieveProtocol, moveDestinationAETitle
        How studies are retrieved.
    keepAssociationOpen
        Kept for scripts.
    queryRetrieveEnabled, storageEnabled, trustedEnabled
        What it is used for.
    tls
        A `DICOMLib.network.tls.TLSOptions` for a secured connection; None for a plain one.
    web
        A `DICOMLib.network.origin_servers.OriginServer` for a server that is called over DICOMweb; None for
        DIMSE.
    """

    SIGNALS = ("serverModified",)
    serverModified: Signal

    RetrieveProtocol = RetrieveProtocol
    CGET = RetrieveProtocol.CGET
    CMOVE = RetrieveProtocol.CMOVE

    PROPERTIES = (
        ("connectionName", ""),
        ("callingAETitle", ""),
        ("calledAETitle", ""),
        ("host", ""),
        ("port", 80),
        ("connectionTimeout", 10),
        ("retrieveProtocol", RetrieveProtocol.CGET),
        ("keepAssociationOpen", False),
        ("moveDestinationAETitle", ""),
        ("queryRetrieveEnabled", True),
        ("storageEnabled", True),
        ("trustedEnabled", True),
        ("tls", None),
        ("web", None),
    )
    connectionName: str
    callingAETitle: str
    calledAETitle: str
    host: str
    port: int
    connectionTimeout: int
    retrieveProtocol: Any
    keepAssociationOpen: bool
    moveDestinationAETitle: str
    queryRetrieveEnabled: bool
    storageEnabled: bool
    trustedEnabled: bool
    tls: TLSOptions | None
    web: OriginServer | None

    def __init__(self, parent: Any = None) -> None:
        super().__init__()
        self._proxy: ctkDICOMServer | None = None
        self._set_defaults()

    def _modified(self, _name: str) -> None:
        self.serverModified(self.connectionName)

    def retrieveProtocolAsString(self) -> str:
        """The retrieve protocol as "CGET" or "CMOVE"."""
        return str(self.retrieveProtocol.name)

    def setRetrieveProtocolAsString(self, protocolString: str) -> None:
        """Set it as "CGET" or "CMOVE"; other texts are ignored."""
        if protocolString in RetrieveProtocol.__members__:
            self.retrieveProtocol = RetrieveProtocol[protocolString]
        else:
            self._modified("retrieveProtocol")

    def proxyServer(self) -> ctkDICOMServer | None:
        """The server that retrieved studies come from; None for this one."""
        return self._proxy

    def setProxyServer(self, proxyServer: ctkDICOMServer | None) -> None:
        """Set a copy of a server as the proxy."""
        self._proxy = proxyServer.clone() if proxyServer is not None else None
        self._modified("proxyServer")

    def clone(self) -> ctkDICOMServer:
        """A copy, with the proxy."""
        copy = ctkDICOMServer()
        for name, _default in self.PROPERTIES:
            setattr(copy, name, getattr(self, name))
        copy.setProxyServer(self._proxy)
        return copy

    def peer(self) -> Peer:
        """The server as the network knows it."""
        return Peer(
            self.host,
            int(self.port),
            self.calledAETitle or "ANY-SCP",
            self.callingAETitle or "ANY-SCU",
            self.connectionName,
            float(self.connectionTimeout),
            protocol=C_MOVE if self.retrieveProtocol == RetrieveProtocol.CMOVE else C_GET,
            move_destination=self.moveDestinationAETitle,
            query=self.queryRetrieveEnabled,
            storage=self.storageEnabled,
            trusted=self.trustedEnabled,
            tls=self.tls,
        )

    def target(self) -> Target:
        """Whom it means: a DICOMweb server where `web` is set, else a peer."""
        if self.web is None:
            return self.peer()
        return replace(
            self.web,
            name=self.connectionName,
            timeout_s=float(self.connectionTimeout),
            query=self.queryRetrieveEnabled,
            storage=self.storageEnabled,
            trusted=self.trustedEnabled,
        )

    @classmethod
    def of_peer(cls, peer: Target) -> ctkDICOMServer:
        """A server with the values of a peer, or of a DICOMweb server."""
        server = cls()
        server.queryRetrieveEnabled, server.storageEnabled = peer.query, peer.storage
        server.trustedEnabled, server.connectionTimeout = peer.trusted, round(peer.timeout_s)
        server.connectionName = peer.name
        if isinstance(peer, OriginServer):
            server.web = peer
            return server
        server.host, server.port = peer.host, peer.port
        server.calledAETitle, server.callingAETitle = peer.called_ae, peer.calling_ae
        server.retrieveProtocol = RetrieveProtocol[peer.protocol]
        server.moveDestinationAETitle, server.tls = peer.move_destination, peer.tls
        return server
