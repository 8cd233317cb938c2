"""A surface as an Encapsulated STL object (PS3.3 A.85.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import generate_uid

from DICOMLib.writing.header import code, dates_of, new_instance
from DICOMLib.writing.identity import take_identity

ENCAPSULATED_STL = "1.2.840.10008.5.1.4.1.1.104.3"


def encapsulated_stl(
    surface: bytes,
    tags: Mapping[str, str],
    colour: Sequence[int] | None = None,
    image: Dataset | None = None,
) -> Dataset:
    """An Encapsulated STL.

    Parameters
    ----------
    surface
        Binary STL in mm, in the patient's coordinates (LPS).
    tags
        As of `header.new_instance`; the series description is also the title.
    colour
        CIELab of 16 bits in which the surface is to be shown.
    image
        Header of an image of the study; patient and study are its own, as `tags` change them.

    Raises
    ------
    ExportError
        If a tag is not valid.
    """
    defaults = {"Modality": "M3D", "FrameOfReferenceUID": generate_uid(), **dates_of(datetime.now())}
    dataset = new_instance(
        ENCAPSULATED_STL, {**defaults, **{name: value for name, value in tags.items() if value}}
    )
    take_identity(dataset, image, tags)
    dataset.PositionReferenceIndicator = ""
    dataset.InstanceNumber = 1
    dataset.AcquisitionDateTime = ""
    dataset.BurnedInAnnotation = "NO"
    dataset.Manufacturer = dataset.Manufacturer or "slicer-dicom"
    dataset.ManufacturerModelName = dataset.get("ManufacturerModelName") or "slicer-dicom"
    dataset.DeviceSerialNumber = "1"
    dataset.DocumentTitle = tags.get("SeriesDescription", "")[:1024]
    dataset.ConceptNameCodeSequence = DicomSequence([code("85040-7", "LN", "3D Printing Model")])
    dataset.MIMETypeOfEncapsulatedDocument = "model/stl"
    dataset.EncapsulatedDocumentLength = len(surface)
    dataset.EncapsulatedDocument = surface + b"\0" * (len(surface) % 2)
    dataset.MeasurementUnitsCodeSequence = DicomSequence([code("mm", "UCUM", "mm")])
    if colour is not None:
        dataset.RecommendedDisplayCIELabValue = list(colour)
    return dataset
