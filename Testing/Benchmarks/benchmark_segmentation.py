"""How fast segmentations and structure sets become voxels, against highdicom and plastimatch in the same run.

    python -m Testing.Benchmarks.benchmark_segmentation --slices 100 --segments 30

The segmentation is written by highdicom. "x" is how many times longer the other one takes.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import highdicom
import numpy as np

from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.radiotherapy.contour_masks import mask_of_contours
from DICOMLib.mrml.radiotherapy.rt_structures import read_structures
from DICOMLib.mrml.segmentation.segment_masks import read_masks
from DICOMLib.standard.geometry import LPS_TO_RAS
from Testing import factories

SIZE = 512
CODE = highdicom.sr.CodedConcept("85756007", "SCT", "Tissue")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--slices", type=int, default=100)
    parser.add_argument("--segments", type=int, default=30)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        segmentation(Path(folder), options.slices, options.segments)
        structure_set(Path(folder), options.slices)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The better of two runs, and what it gave."""
    best, result = float("inf"), None
    for _ in range(2):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return best, result


def segmentation(folder: Path, slices: int, segments: int) -> None:
    """Cubes of 80 pixels, written by highdicom and read by both."""
    path = folder / "segmentation.dcm"
    images = source_images(slices)
    highdicom.seg.Segmentation(
        images, cubes(slices, segments), "BINARY", descriptions(segments),
        "1.2.3.9", 9, "1.2.3.9.1", 1, "Maker", "Model", "1", "Serial",
    ).save_as(path)  # fmt: skip
    ours, masks = timed(lambda: read_masks(read_dataset(str(path))))
    theirs, volume = timed(lambda: highdicom.seg.segread(path).get_volume(combine_segments=True))
    same = np.array_equal(masks.layers[0], volume.array[::-1] if volume.affine[2, 0] < 0 else volume.array)
    print(f"SEG, {slices} slices, {segments} segments, {path.stat().st_size >> 20} MB: {ours:.2f} s")
    print(f"  highdicom {theirs:.2f} s, {theirs / ours:.1f} x; same voxels: {same}")


def source_images(slices: int) -> list[Any]:
    images = factories.ct_series(slices, size=SIZE, SpecificCharacterSet="ISO_IR 100")
    for image in images:
        image.ReferringPhysicianName = ""
    return images


def cubes(slices: int, segments: int) -> np.ndarray:
    random = np.random.default_rng(0)
    labels = np.zeros((slices, SIZE, SIZE), np.uint8)
    for number in range(1, segments + 1):
        row, column = random.integers(0, SIZE - 80, 2)
        first = random.integers(0, max(1, slices - 40))
        labels[first : first + 40, row : row + 80, column : column + 80] = number
        labels[0, 0, number] = number  # none is wholly hidden by later ones
    return labels


def descriptions(segments: int) -> list[Any]:
    return [
        highdicom.seg.SegmentDescription(number, f"Segment {number}", CODE, CODE, "MANUAL")
        for number in range(1, segments + 1)
    ]


def structure_set(folder: Path, slices: int) -> None:
    """A wavy outline of 400 points in each slice, filled by both."""
    images = source_images(slices)
    factories.write(images, folder / "ct")
    path = folder / "structures.dcm"
    dataset = factories.rt_structure_set(**outline(images))
    dataset.save_as(path, enforce_file_format=True)

    def ours() -> Any:
        contours = [one.points_lps for one in read_structures(read_dataset(str(path)))[0].contours]
        matrix = LPS_TO_RAS @ np.diag([0.5, 0.5, 2.5, 1.0])
        matrix[:3, 3] = (100, 100, 0)
        return mask_of_contours(contours, matrix)

    def plastimatch() -> None:
        command = ["plastimatch", "convert", "--input", path, "--referenced-ct", folder / "ct"]
        command += ["--output-prefix", folder / "masks", "--prefix-format", "nrrd"]
        subprocess.run(command, check=True, capture_output=True)

    own, mask = timed(ours)
    theirs, _ = timed(plastimatch)
    print(f"RT Structure Set, {slices} contours of 400 points: {own:.2f} s, {int(mask.voxels.sum())} voxels")
    print(f"  plastimatch, with start and writing {theirs:.2f} s, {theirs / own:.1f} x")


def outline(images: list[Any]) -> dict[str, Any]:
    """Sequences of a structure set with one region of interest."""
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    radius = 80 + 10 * np.sin(9 * angles)
    contours = []
    for image in images:
        height = np.full(400, float(image.ImagePositionPatient[2]))
        points = np.column_stack([28 + radius * np.cos(angles), 28 + radius * np.sin(angles), height])
        contours.append(
            item(
                ContourGeometricType="CLOSED_PLANAR",
                NumberOfContourPoints=400,
                ContourData=[round(value, 4) for value in points.reshape(-1).tolist()],
            )
        )
    frame = item(FrameOfReferenceUID=images[0].FrameOfReferenceUID)
    region = item(ROINumber=1, ROIName="Outline", ReferencedFrameOfReferenceUID=images[0].FrameOfReferenceUID)
    return {
        "ReferencedFrameOfReferenceSequence": [frame],
        "StructureSetROISequence": [region],
        "ROIContourSequence": [item(ReferencedROINumber=1, ContourSequence=contours)],
    }


def item(**attributes: Any) -> Any:
    from pydicom.dataset import Dataset

    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


if __name__ == "__main__":
    main()
