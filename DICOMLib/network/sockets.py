"""Connections: reached step by step, so that each failure has its own words, and tuned for DIMSE."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import ssl

from DICOMLib.core.errors import NetworkError
from DICOMLib.network.peers import Peer
from DICOMLib.network.tls import advice_on

_QUICKACK = getattr(socket, "TCP_QUICKACK", None)  # Linux


def resolve(peer: Peer) -> list[str]:
    """Addresses of the host of a peer, those of IPv4 before those of IPv6.

    Raises
    ------
    NetworkError
        If the name is not known.
    """
    try:
        found = socket.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NetworkError(
            f"The host name {peer.host!r} is not known. Check its spelling, and that this computer is on "
            "the network of the hospital (VPN?)."
        ) from error
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def open_socket(peer: Peer) -> socket.socket:
    """A TCP connection to a peer, tuned, with its time limits; without TLS.

    Raises
    ------
    NetworkError
        If it cannot be made to any of its addresses; the text says why the first fails, and what to do.
    """
    failure: NetworkError | None = None
    for address in resolve(peer):
        try:
            connection = socket.create_connection((address, peer.port), peer.timeout_s)
        except OSError as error:
            failure = failure or _not_connected(peer, error)
        else:
            tune(connection)
            return connection
    raise failure or NetworkError(f"The host {peer.host!r} has no address.")


def _not_connected(peer: Peer, error: OSError) -> NetworkError:
    if isinstance(error, TimeoutError):
        return NetworkError(
            f"{peer.host} does not answer at port {peer.port} within {peer.timeout_s:g} s. Check address "
            "and port; a firewall between may drop the connection."
        )
    if error.errno == errno.ECONNREFUSED:
        return NetworkError(
            f"Nothing listens at port {peer.port} of {peer.host}. Check the port, and that the DICOM "
            "service of the peer is started."
        )
    if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return NetworkError(f"There is no way to {peer.host} from here. Check the network connection (VPN?).")
    return NetworkError(f"{peer.host}, port {peer.port}, cannot be reached: {error.strerror or error}.")


def secured(connection: socket.socket, peer: Peer) -> socket.socket:
    """The connection under TLS, if the peer asks for it; it is closed if that fails.

    Raises
    ------
    NetworkError
        If the two do not come to terms; the text says why.
    """
    if peer.tls is None:
        return connection
    try:
        context = peer.tls.client_context()
        wrapped = context.wrap_socket(connection, server_hostname=peer.host)
    except NetworkError:
        connection.close()
        raise
    except (OSError, ValueError) as error:
        connection.close()
        raise NetworkError(_tls_failure(peer, error)) from error
    tune(wrapped)
    return wrapped


def hear_objection(connection: socket.socket, peer: Peer, wait_s: float = 0.2) -> None:
    """Wait a moment for a refusal: with TLS 1.3 our certificate is refused only after the handshake.

    Raises
    ------
    NetworkError
        If the peer refuses, or ends the connection.
    """
    before = connection.gettimeout()
    connection.settimeout(wait_s)
    try:
        heard = connection.recv(1)
    except TimeoutError:
        return
    except OSError as error:
        raise NetworkError(_tls_failure(peer, error)) from error
    finally:
        connection.settimeout(before)
    if not heard:
        own = peer.tls is not None and peer.tls.certificate
        raise NetworkError(
            f"{peer.host}, port {peer.port}, ends the connection at once. "
            f"It may want {'another certificate than that' if own else 'a certificate'} of ours."
        )


def _tls_failure(peer: Peer, error: Exception) -> str:
    place = f"{peer.host}, port {peer.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        said = error.verify_message.rstrip(".")
        return f"The certificate of {place} is not trusted: {said}. {advice_on(error)}."
    text = str(getattr(error, "reason", "") or error)
    if "CERTIFICATE" in text.upper():
        return f"{place} does not accept our certificate ({text}). Enter the certificate that it knows."
    if isinstance(error, TimeoutError):
        return f"{place} does not answer to TLS. It may expect a connection without TLS."
    return (
        f"No TLS connection with {place} ({text}). It may expect a connection without TLS, or offer only "
        "versions before TLS 1.2."
    )


def listening(address: str, port: int, backlog: int = 128) -> socket.socket:
    """A socket that listens at a port of an interface, "" for all of IPv4.

    Raises
    ------
    NetworkError
        If the port cannot be had; the text says why.
    """
    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return socket.create_server((address, port), family=family, backlog=backlog)
    except OSError as error:
        raise NetworkError(_not_listening(address, port, error)) from error


def _not_listening(address: str, port: int, error: OSError) -> str:
    where = f"port {port}" + (f" of {address}" if address else "")
    if error.errno == errno.EADDRINUSE:
        return f"Another program listens at {where} already. Close it, or choose another port."
    if error.errno == errno.EACCES:
        return f"Listening at {where} is not allowed. Choose a port above 1023."
    return f"Listening at {where} is not possible: {error.strerror or error}."


def own_addresses() -> list[str]:
    """IPv4 addresses by which others reach this computer, as far as they are known, and 127.0.0.1."""
    found: list[str] = []
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
        way_out.connect(("192.0.2.1", 9))  # an address for documents (RFC 5737); nothing is sent
        found.append(str(way_out.getsockname()[0]))
    with contextlib.suppress(OSError):
        found += [str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return list(dict.fromkeys([*found, "127.0.0.1"]))


def tune(connection: socket.socket) -> None:
    """Send small packets at once: with Nagle's algorithm each message would wait 40 ms."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    acknowledge_at_once(connection)


def acknowledge_at_once(connection: socket.socket) -> None:
    """Do not delay the next acknowledgement, for peers with Nagle's algorithm; the kernel soon forgets it."""
    if _QUICKACK is not None:
        with contextlib.suppress(OSError):  # the connection has just ended, which its reader will see
            connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)


def is_readable(connection: socket.socket) -> bool:
    """Whether something can be read at once, be it the end."""
    if not hasattr(select, "poll"):  # Windows, where `select` knows sockets of any number
        return bool(select.select([connection], [], [], 0)[0])
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def shut(connection: socket.socket) -> None:
    """Close a connection that another thread may be waiting on."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
