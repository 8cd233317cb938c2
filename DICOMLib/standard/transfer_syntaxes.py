"""Transfer syntaxes whose pixel data can be decoded here (PS3.5 annex A, PS3.6 annex A)."""

from __future__ import annotations

NATIVE = frozenset(
    (
        "1.2.840.10008.1.2",  # implicit VR little endian
        "1.2.840.10008.1.2.1",  # explicit VR little endian
        "1.2.840.10008.1.2.1.99",  # deflated explicit VR little endian
        "1.2.840.10008.1.2.2",  # explicit VR big endian
    )
)

# Decoded by the packages pylibjpeg-libjpeg, -openjpeg, -rle, and pyjpegls.
ENCAPSULATED = frozenset(
    (
        "1.2.840.10008.1.2.4.50",  # JPEG baseline
        "1.2.840.10008.1.2.4.51",  # JPEG extended
        "1.2.840.10008.1.2.4.57",  # JPEG lossless
        "1.2.840.10008.1.2.4.70",  # JPEG lossless, first-order prediction
        "1.2.840.10008.1.2.4.80",  # JPEG-LS lossless
        "1.2.840.10008.1.2.4.81",  # JPEG-LS near-lossless
        "1.2.840.10008.1.2.4.90",  # JPEG 2000 lossless
        "1.2.840.10008.1.2.4.91",  # JPEG 2000
        "1.2.840.10008.1.2.4.201",  # HTJ2K lossless
        "1.2.840.10008.1.2.4.202",  # HTJ2K lossless RPCL
        "1.2.840.10008.1.2.4.203",  # HTJ2K
        "1.2.840.10008.1.2.5",  # RLE lossless
    )
)


def is_decodable(transfer_syntax: str) -> bool:
    """Whether pixel data of this transfer syntax can be read; private ones count as native encodings."""
    if transfer_syntax.startswith("1.2.840.10008."):
        return transfer_syntax in NATIVE or transfer_syntax in ENCAPSULATED
    return True
