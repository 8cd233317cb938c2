"""What options may hold, for `argparse`: a wrong value is told in words before anything is done."""

from __future__ import annotations

import argparse
import ipaddress
import math
import re

from DICOMLib.core.errors import NetworkError
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import check_ae_title

_UID = re.compile(r"[0-9.]{1,64}")  # PS3.5 section 9


def port_number(text: str) -> int:
    """A TCP port to listen at; 0 for any that is free."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: a number from 0 to 65535")
    return int(text)


def peer_port(text: str) -> int:
    """A TCP port that can be called."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: a number from 1 to 65535")
    return int(text)


def seconds(text: str) -> float:
    """A time to wait, in seconds."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is no time to wait: a number of seconds above 0")
    return value


def amount(text: str) -> int:
    """A whole number, 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no whole number of 0 or more")
    return int(text)


def at_least_one(text: str) -> int:
    """A whole number, 1 or more."""
    value = amount(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few: 1 at least")
    return value


def network_address(text: str) -> str:
    """An address, or a network such as 10.0.0.0/8."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no address and no network such as 10.0.0.0/8") from error
    return text


def ae_title(text: str) -> str:
    """An AE title (VR AE, PS3.5 section 6.2)."""
    try:
        check_ae_title(text, "AE title")
    except NetworkError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def uid(text: str) -> str:
    """A UID, such as that of a study."""
    if not _UID.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no UID: digits and dots, 64 at most, such as 1.2.840.1"
        )
    return text


def stored_uid(text: str) -> str:
    """A UID as files have it: it may break the rules of UIDs, but is not empty."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the UID is empty; `slicer-dicom list` tells which there are")
    return text


def service_url(text: str) -> str:
    """The root of a DICOMweb server."""
    try:
        OriginServer(text, "of --url").check()
    except NetworkError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def title_and_port(text: str) -> tuple[str, int]:
    """Our listener, as AE:PORT."""
    title, _, port = text.rpartition(":")
    if not title:
        raise argparse.ArgumentTypeError(f"{text} is no listener: say AE:PORT, such as SLICER:11112")
    return ae_title(title), port_number(port)


_MOMENTS = ("Date", "DateTime")
_ISO_DATE = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")  # as lists and answers show it


def matching_key(text: str) -> tuple[str, str]:
    """A key of a query and what it shall match, as KEYWORD=VALUE."""
    keyword, separator, value = text.partition("=")
    if not keyword or not separator:
        raise argparse.ArgumentTypeError(
            f"{text} asks for nothing: say KEYWORD=VALUE, such as PatientName=DOE*"
        )
    if keyword.endswith("UID"):
        for one in filter(None, value.split("\\")):
            uid(one)
    return keyword, _ISO_DATE.sub(r"\1\2\3", value) if keyword.endswith(_MOMENTS) else value
