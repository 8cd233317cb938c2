"""Encapsulated PDF and CDA documents as text nodes, and the files by which other programs show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer

from DICOMLib.mrml.documents.encapsulated import EncapsulatedDocument

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
ENCAPSULATED_CDA = "1.2.840.10008.5.1.4.1.1.104.2"

MEDIA_TYPE_ATTRIBUTE = "DICOM.MIMETypeOfEncapsulatedDocument"
SUFFIXES = {"application/pdf": ".pdf", "text/xml": ".xml", "application/xml": ".xml"}


def add_document_node(scene: Any, document: EncapsulatedDocument, name: str) -> Any:
    """Add a text node: a CDA with its XML, a PDF with what there is to say of it in text.

    Parameters
    ----------
    scene
        The scene.
    document
        The document; its media type becomes an attribute of the node.
    name
        A number is appended where another node has this name.
    """
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", scene.GenerateUniqueName(name))
    node.SetAttribute(MEDIA_TYPE_ATTRIBUTE, document.media_type or "application/octet-stream")
    if document.data.lstrip().startswith(b"<"):
        node.SetText(document.data.decode("utf-8", "replace"))
    else:
        node.SetText(f"{document.title or name}\n{document.media_type}, {len(document.data)} bytes")
    return node


def is_document(node: Any) -> bool:
    """Whether a node is a document that a DICOM object carried."""
    return node is not None and bool(node.GetAttribute(MEDIA_TYPE_ATTRIBUTE))


def write_document(document: EncapsulatedDocument, instance_uid: str) -> Path:
    """Write a document into the temporary folder of the application, which is removed at its end.

    Parameters
    ----------
    document
        The document.
    instance_uid
        SOP Instance UID, which names the file; it holds nothing of the patient.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    suffix = SUFFIXES.get(document.media_type, ".pdf" if document.data.startswith(b"%PDF") else ".bin")
    path = Path(slicer.app.temporaryPath) / f"{instance_uid}{suffix}"
    path.write_bytes(document.data)
    return path
