"""Parametric maps whose frames are stored in any order, against values that tell where they belong."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pydicom.dataset import Dataset

from DICOMLib.mrml.volumes.parametric_map import read_parametric_maps

pytestmark = pytest.mark.mrml

ADC = ("113041", "mm2/s")
PERFUSION = ("126391", "ml/min")
FRAME_CONTENT, POSITION, TEMPORAL = 0x00209111, 0x00200032, 0x00209128


def item(**attributes) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def code(value: str, scheme: str) -> Dataset:
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=value)


def mapping(kind, slope=1.0, intercept=0.0, label="", **attributes) -> Dataset:
    quantity = item(
        ValueType="CODE",
        ConceptNameCodeSequence=[code("246205007", "SCT")],
        ConceptCodeSequence=[code(kind[0], "DCM")],
    )
    return item(
        RealWorldValueSlope=slope,
        RealWorldValueIntercept=intercept,
        LUTLabel=label,
        QuantityDefinitionSequence=[quantity],
        MeasurementUnitsCodeSequence=[code(kind[1], "UCUM")],
        **attributes,
    )


def frame(height: float, mappings, dimensions=(1, 1)) -> Dataset:
    return item(
        FrameContentSequence=[item(DimensionIndexValues=list(dimensions))],
        PlanePositionSequence=[item(ImagePositionPatient=[0, 0, height])],
        RealWorldValueMappingSequence=mappings,
    )


def parametric_map(frames, stored, pointers=(POSITION, TEMPORAL)) -> Dataset:
    """A map of 16 bit whose frame number k holds `stored[k]` everywhere."""
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelMeasuresSequence=[item(PixelSpacing=[1, 1], SpacingBetweenSlices=2)],
    )
    dataset = item(
        Rows=2,
        Columns=2,
        NumberOfFrames=len(frames),
        BitsAllocated=16,
        BitsStored=16,
        HighBit=15,
        PixelRepresentation=0,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        PixelData=np.repeat(np.array(stored, np.uint16), 4).tobytes(),
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=list(frames),
        DimensionIndexSequence=[item(DimensionIndexPointer=pointer) for pointer in pointers],
    )
    dataset.file_meta = item(TransferSyntaxUID="1.2.840.10008.1.2.1")
    return dataset


def values(dataset) -> dict[str, list[list[float]]]:
    """First voxels of each slice of the maps, by the code of their quantity."""
    found: dict[str, list[list[float]]] = {}
    for one in read_parametric_maps(dataset):
        assert one.grid.ijk_to_ras[:3, 3].tolist() == [0, 0, 0]
        found.setdefault(one.mapping.quantity.value, []).append(one.values[:, 0, 0].tolist())
    return found


def test_maps_of_two_quantities_in_all_orders():
    """Diffusion is the stored value, perfusion ten times it and 1."""
    frames = [frame(z, [mapping(ADC)]) for z in (0, 2)]
    frames += [frame(z, [mapping(PERFUSION, 10, 1)]) for z in (0, 2)]
    for order in itertools.permutations(range(4)):
        dataset = parametric_map([frames[k] for k in order], [[5, 6, 7, 8][k] for k in order])
        assert values(dataset) == {"113041": [[5, 6]], "126391": [[71, 81]]}


def test_quantities_at_places_of_their_own_are_maps_of_their_own(caplog):
    frames = [frame(0, [mapping(ADC)]), frame(2, [mapping(ADC)]), frame(4, [mapping(PERFUSION)])]
    assert values(parametric_map(frames, [5, 6, 7])) == {"113041": [[5, 6, 0]], "126391": [[0, 0, 7]]}
    assert "3 slices of the map have no plane" in caplog.text


@pytest.mark.parametrize("told_by", ["label", "dimension", "wrong place"])
def test_maps_of_one_quantity_in_all_orders(told_by):
    """Of two times, that are told by the label or by a dimension; the index of the place may be wrong."""
    places = [(0, 1, 1), (2, 2, 1), (0, 1, 2), (2, 2, 2)]
    if told_by == "wrong place":
        places = [(0, 2, 1), (2, 1, 1), (0, 1, 2), (2, 1, 2)]
    for order in itertools.permutations(range(4)):
        frames = []
        for k in order:
            height, place, time = places[k]
            label = f"time {time}" if told_by == "label" else ""
            dimensions = (place,) if told_by == "label" else (place, time)
            frames.append(frame(height, [mapping(ADC, label=label)], dimensions))
        dataset = parametric_map(
            frames, [[5, 6, 7, 8][k] for k in order], (POSITION, TEMPORAL)[: 1 + (told_by != "label")]
        )
        found = values(dataset)["113041"]
        assert sorted(found) == [[5, 6], [7, 8]]
        if told_by != "label":
            assert found == [[5, 6], [7, 8]]


def test_slopes_of_frames_follow_them_in_all_orders():
    slopes = {0: 2.0, 2: -3.0, 4: 0.5}
    for order in itertools.permutations(slopes):
        dataset = parametric_map([frame(z, [mapping(ADC, slopes[z], 1)]) for z in order], [10, 10, 10])
        assert values(dataset) == {"113041": [[21, -29, 6]]}


def test_ranges_of_stored_values_have_mappings_of_their_own(caplog):
    bounds = {"RealWorldValueFirstValueMapped": 0, "RealWorldValueLastValueMapped": 9}
    above = {"RealWorldValueFirstValueMapped": 10, "RealWorldValueLastValueMapped": 99}
    mappings = [mapping(ADC, 2, **bounds), mapping(PERFUSION, 7), mapping(ADC, 3, 100, **above)]
    frames = [frame(z, mappings) for z in (0, 2, 4)]
    assert values(parametric_map(frames, [9, 10, 100])) == {"113041": [[18, 130, 200]]}
    assert "4 voxels have stored values" in caplog.text


def test_uneven_planes_are_told_of(caplog):
    """Slices lie at 0, 2 and 4 mm, the nearest plane to the last one at 5 mm."""
    frames = [frame(z, [mapping(ADC)]) for z in (0, 2, 5)]
    assert values(parametric_map(frames, [5, 6, 7])) == {"113041": [[5, 6, 7]]}
    assert "unevenly spaced" in caplog.text
