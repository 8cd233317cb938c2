"""Files for the plugins of others in the folder `third_party`, and what is in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom

from Testing.image_series import heights, image, stack, write

FOLDER = Path(__file__).resolve().parent / "third_party"
PLUGINS = (
    "DICOMDoubledPETPlugin",
    "DICOMLesionMapPlugin",
    "DICOMMappedValuesPlugin",
    "DICOMTimePointsPlugin",
    "DicomProbeVolumePlugin",
)
IMAGES, MAPPING, TIMES, PROBE, LESIONS = "1.2.8.1", "1.2.8.2", "1.2.8.3", "1.2.8.4", "1.2.8.5"
STORED = np.stack([np.arange(20).reshape(4, 5) + 100 * number for number in range(3)])  # of the PET images
PROBE_VOXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)  # slices, rows, columns


def mapped_images() -> list[pydicom.Dataset]:
    """Three PET images, and the mapping of their values: 0.25 times the value, plus 10."""
    images = stack(heights(0, 3, 6), SeriesInstanceUID=IMAGES, Modality="PT", SeriesDescription="PET")
    unit = pydicom.Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "g/ml", "UCUM", "SUV body weight"
    mapping = pydicom.Dataset()
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = 0.25, 10.0
    mapping.MeasurementUnitsCodeSequence = [unit]
    references = []
    for one in images:
        reference = pydicom.Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = (
            one.SOPClassUID,
            one.SOPInstanceUID,
        )
        references.append(reference)
    item = pydicom.Dataset()
    item.ReferencedImageSequence, item.RealWorldValueMappingSequence = references, [mapping]
    dataset = image(
        SeriesInstanceUID=MAPPING,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.67",
        Modality="RWV",
        SeriesDescription="SUV",
        PixelData=None,
        ReferencedImageRealWorldValueMappingSequence=[item],
    )
    return [*images, dataset]


def time_points() -> list[pydicom.Dataset]:
    """Two images at each of two trigger times; the values of the second time are 1000 more."""
    return [
        image(
            (0, 0, 3 * slice_number),
            SeriesInstanceUID=TIMES,
            SeriesDescription="Cine",
            InstanceNumber=2 * time + slice_number + 1,
            TriggerTime=str(40 * time),
            pixels=np.full((4, 5), 1000 * time + slice_number, np.int16),
        )
        for time in range(2)
        for slice_number in range(2)
    ]


def probe() -> pydicom.Dataset:
    """An ultrasound file with its volume in private elements."""
    dataset = image(
        SeriesInstanceUID=PROBE,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.66",
        Modality="US",
        Manufacturer="PROBE MAKER",
        SeriesDescription="Probe",
        PixelData=None,
    )
    block = dataset.private_block(0x7FE1, "PROBE MAKER", create=True)
    block.add_new(0x10, "US", list(PROBE_VOXELS.shape[::-1]))
    block.add_new(0x11, "DS", ["0.5", "0.75", "2"])
    block.add_new(0x12, "OB", PROBE_VOXELS.tobytes())
    return dataset


LABELS = np.zeros((3, 4, 5), np.uint8)  # of the lesions on the PET images
LABELS[0, 1:3, 1:3], LABELS[2, 3, 4] = 1, 2


def lesions() -> pydicom.Dataset:
    """Two lesions on the PET images, in private elements."""
    series = pydicom.Dataset()
    series.SeriesInstanceUID = IMAGES
    dataset = image(
        SeriesInstanceUID=LESIONS,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.66",
        Modality="OT",
        Manufacturer="LESION MAPS",
        SeriesDescription="Lesions",
        PixelData=None,
        ReferencedSeriesSequence=[series],
    )
    block = dataset.private_block(0x0071, "LESION MAPS", create=True)
    block.add_new(0x10, "LO", "Liver lesion|Node")
    block.add_new(0x11, "OB", LABELS.tobytes())
    return dataset


def write_all(folder: Path) -> Path:
    """Write the files for all plugins into a new folder, and return it."""
    write([*mapped_images(), *time_points(), probe(), lesions()], folder)
    return folder
