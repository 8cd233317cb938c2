"""Structures as they stand in the file, odd ones included; the geometry that contours get."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from DICOMLib.mrml.radiotherapy.contour_grid import grid_for_contours, grid_of_contours
from DICOMLib.mrml.radiotherapy.contour_masks import mask_of_contours
from DICOMLib.mrml.radiotherapy.rt_structures import read_structures, referenced_series
from DICOMLib.mrml.radiotherapy.structure_set import add_structures
from Testing.image_series import heights, stack, write

pytestmark = pytest.mark.mrml


def item(**attributes):
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def contour(points, kind="CLOSED_PLANAR"):
    data = [float(value) for point in points for value in point]
    return item(ContourGeometricType=kind, NumberOfContourPoints=len(points), ContourData=data)


def structure_set(*structures):
    """Each structure: name, contours, and attributes of its contour item."""
    names = [item(ROINumber=number, ROIName=name) for number, (name, _, _) in enumerate(structures, 1)]
    drawn = [
        item(ReferencedROINumber=number, ContourSequence=contours, **attributes)
        for number, (_, contours, attributes) in enumerate(structures, 1)
    ]
    return item(StructureSetROISequence=names, ROIContourSequence=drawn)


SQUARE = [(0, 0, 5), (10, 0, 5), (10, 20, 5), (0, 20, 5)]


def test_kinds_of_contours():
    dataset = structure_set(
        ("Lung", [contour(SQUARE), contour(SQUARE[:2], "OPEN_PLANAR")], {"ROIDisplayColor": [255, 0, 51]}),
        ("Mark", [contour([(1, 2, 3)], "POINT")], {}),
        ("", [], {}),
    )
    lung, mark, nameless = read_structures(dataset)
    assert [one.is_closed for one in lung.contours] == [True, False]
    assert lung.colour == (1.0, 0.0, 0.2)
    assert (mark.is_points_only, mark.points_lps.tolist()) == (True, [[1, 2, 3]])
    assert (nameless.name, nameless.colour, nameless.contours) == ("ROI 3", None, ())


@pytest.mark.parametrize("data", [[1.0, 2.0], [], [1.0, 2.0, float("nan")]])
def test_unusable_contours_are_left_out(data):
    dataset = structure_set(("Lung", [contour(SQUARE), item(ContourData=data)], {}))
    (lung,) = read_structures(dataset)
    assert len(lung.contours) == 1


def test_types_and_codes():
    dataset = structure_set(("Lung", [], {}))
    code = item(CodeValue="39607008", CodingSchemeDesignator="SCT", CodeMeaning="Lung")
    dataset.RTROIObservationsSequence = [
        item(ReferencedROINumber=1, RTROIInterpretedType="ORGAN", RTROIIdentificationCodeSequence=[code])
    ]
    (lung,) = read_structures(dataset)
    assert (lung.interpreted_type, lung.code.meaning) == ("ORGAN", "Lung")


def test_reference():
    series = item(
        SeriesInstanceUID="1.2.5",
        ContourImageSequence=[
            item(ReferencedSOPInstanceUID=uid) for uid in ("1.2.5.1", "1.2.5.2", "1.2.5.1")
        ],
    )
    study = item(RTReferencedSeriesSequence=[series])
    dataset = item(ReferencedFrameOfReferenceSequence=[item(RTReferencedStudySequence=[study])])
    assert referenced_series(dataset) == ("1.2.5", ["1.2.5.1", "1.2.5.2"])
    assert referenced_series(item()) == ("", [])


def test_grid_of_the_images(tmp_path):
    files = write(stack(heights(0, 3, 6)), tmp_path)
    matrix, shape = grid_for_contours([], None, files)
    assert shape == (3, 4, 5)
    assert np.allclose(matrix, [[-0.5, 0, 0, 0], [0, -2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]])


def test_grid_without_images():
    planes = [np.add(SQUARE, (0.0, 0.0, height)) for height in (0, 4, 8)]
    matrix, shape = grid_of_contours(planes)
    assert shape == (3, 21, 11)
    assert np.allclose(matrix @ (0, 0, 0, 1), (0, 0, 5, 1))
    mask = mask_of_contours(planes, matrix)
    assert mask.voxels.sum() == 3 * 11 * 21


def test_sagittal_contours_get_slices_of_their_own(host, scene):
    """A square of 10 x 20 mm in three sagittal planes, 2 mm apart, over an axial image."""
    from DICOMLib.mrml.segmentation.segmentation import add_segmentation_node
    from Testing.DICOMPlugins.loading import masks_in_world, points_of

    planes = [[(x, y, z) for y, z in ((0, 0), (10, 0), (10, 20), (0, 20))] for x in (30, 32, 34)]
    dataset = structure_set(("Sagittal", [contour(plane) for plane in planes], {}))
    node = add_segmentation_node(scene, "rt")
    add_structures(node, read_structures(dataset), np.diag([-1.0, -1.0, 1.0, 1.0]), "rt")
    ((voxels, matrix),) = masks_in_world(node).values()
    assert voxels.sum() == 3 * 11 * 21
    points = np.array(sorted(points_of(voxels, matrix)))
    assert np.allclose(points.min(axis=0), (-34, -10, 0))
    assert np.allclose(points.max(axis=0), (-30, 0, 20))
