"""Presentation states: windows and places of annotations, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from Testing import factories
from Testing.DICOMPlugins.loading import (
    import_files,
    load_series,
    of_class,
    offers,
    series_with,
    study_uid_of,
)

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMPresentationStatePlugin"
STATE = "1.2.840.10008.5.1.4.1.1.11.1"
WEASIS = "weasis/weasis-dicom-tools/src/test/resources/org/dcm4che3/img"


def item(**attributes):
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def image_reference(dataset):
    return item(ReferencedSOPClassUID=dataset.SOPClassUID, ReferencedSOPInstanceUID=dataset.SOPInstanceUID)


@pytest.fixture
def state(database, tmp_path):
    """Imports three CT slices of 8 x 8 pixels of 0.5 mm, from (-100, -100, 0), and a state for them."""

    def make(**attributes):
        ct = factories.ct_series(3)
        series = item(
            SeriesInstanceUID=ct[0].SeriesInstanceUID,
            ReferencedImageSequence=[image_reference(one) for one in ct],
        )
        dataset = factories.instance(
            STATE,
            SOPInstanceUID=factories.uid("state"),
            SeriesInstanceUID=factories.uid("states"),
            Modality="PR",
            SeriesNumber=9,
            SeriesDescription="States",
            ContentLabel="KEY",
            ContentDescription="What matters",
            ContentCreatorName="Doe^John",
            ReferencedSeriesSequence=[series],
            **{"PresentationLUTShape": "IDENTITY", **attributes},
        )
        factories.write([*ct, dataset], tmp_path / "made")
        import_files(tmp_path / "files", tmp_path / "made")
        return ct

    return make


def loaded():
    return load_series(*series_with("PR"))


def positions(node):
    return np.array([node.GetNthControlPointPosition(i)[:] for i in range(node.GetNumberOfControlPoints())])


def test_offer(state):
    state()
    (uid,) = series_with("PR")
    (loadable,) = offers(PLUGIN, uid)
    assert (loadable.name, loadable.confidence) == ("9: PR: KEY", 0.95)
    assert len(loadable.referencedInstanceUIDs) == 3
    assert offers(PLUGIN, series_with("CT")[0]) == []


def test_window(state):
    state(SoftcopyVOILUTSequence=[item(WindowCenter=[150, 10], WindowWidth=[90, 20])])
    nodes = loaded()
    (volume,) = of_class(nodes, "vtkMRMLScalarVolumeNode")
    display = volume.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (90, 150)
    assert not display.GetAutoWindowLevel()
    presets = [
        (display.GetWindowPreset(index), display.GetLevelPreset(index))
        for index in range(display.GetNumberOfWindowLevelPresets())
    ]
    assert presets[-2:] == [(90, 150), (20, 10)]
    (text,) = of_class(nodes, "vtkMRMLTextNode")
    assert text.GetText().splitlines() == [
        "KEY", "What matters", "By Doe^John", "Window 90, center 150", "Window 20, center 10"
    ]  # fmt: skip
    assert study_uid_of(text) == study_uid_of(volume)


def test_a_loaded_volume_is_used(state):
    import slicer

    state(SoftcopyVOILUTSequence=[item(WindowCenter=7, WindowWidth=8)], PresentationLUTShape="INVERSE")
    (volume,) = of_class(load_series(*series_with("CT")), "vtkMRMLScalarVolumeNode")
    loaded()
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 1
    assert (volume.GetDisplayNode().GetWindow(), volume.GetDisplayNode().GetLevel()) == (8, 7)
    assert volume.GetDisplayNode().GetColorNodeID().endswith("InvertedGrey")


def graphic(kind, data, units="PIXEL"):
    return item(
        GraphicAnnotationUnits=units,
        GraphicDimensions=2,
        NumberOfGraphicPoints=len(data) // 2,
        GraphicData=[float(value) for value in data],
        GraphicType=kind,
        GraphicFilled="N",
    )


def test_drawings_and_texts(state):
    """Pixel (x, y) of slice k lies at -100 + 0.5 (x - 0.5), -100 + 0.5 (y - 0.5), 2.5 k mm (LPS)."""
    ct = factories.ct_series(3)
    annotation = item(
        ReferencedImageSequence=[image_reference(ct[2])],
        GraphicLayer="MARKS",
        GraphicObjectSequence=[
            graphic("POLYLINE", [0.5, 0.5, 4.5, 2.5]),
            graphic("CIRCLE", [4.5, 4.5, 6.5, 4.5]),
        ],
        TextObjectSequence=[
            item(
                UnformattedTextValue="Lesion",
                AnchorPoint=[2.5, 3.5],
                AnchorPointAnnotationUnits="PIXEL",
                AnchorPointVisibility="Y",
            )
        ],
    )
    layer = item(
        GraphicLayer="MARKS", GraphicLayerOrder=1, GraphicLayerRecommendedDisplayGrayscaleValue=65535
    )
    state(GraphicAnnotationSequence=[annotation], GraphicLayerSequence=[layer])
    nodes = loaded()
    (line,) = of_class(nodes, "vtkMRMLMarkupsLineNode")
    assert np.allclose(positions(line), [[100, 100, 5], [98, 99, 5]])
    (circle,) = of_class(nodes, "vtkMRMLMarkupsClosedCurveNode")
    assert np.allclose(np.linalg.norm(positions(circle) - (98, 98, 5), axis=1), 1)
    (text,) = of_class(nodes, "vtkMRMLMarkupsFiducialNode")
    assert text.GetNthControlPointLabel(0) == "Lesion"
    assert np.allclose(positions(text), [[99, 98.5, 5]])
    assert text.GetDisplayNode().GetSelectedColor() == (1, 1, 1)


def test_display_units_are_parts_of_the_displayed_area(state):
    """The area is pixels 3 to 6 in both directions; its middle lies at 2 + 0.5 * 4 = 4 pixels."""
    area = item(DisplayedAreaTopLeftHandCorner=[3, 3], DisplayedAreaBottomRightHandCorner=[6, 6])
    state(
        GraphicAnnotationSequence=[item(GraphicObjectSequence=[graphic("POINT", [0.5, 0.5], "DISPLAY")])],
        DisplayedAreaSelectionSequence=[area],
    )
    (point,) = of_class(loaded(), "vtkMRMLMarkupsFiducialNode")
    assert np.allclose(positions(point), [[100 - 1.75, 100 - 1.75, 0]])


def test_states_of_another_maker(database, shared_data, tmp_path, caplog):
    """A state with tables: the image is loaded with it, and it is said what is not applied."""
    files = ("prLUTs.dcm", "imageForPrLUTs.dcm")
    import_files(tmp_path / "files", *(shared_data / WEASIS / name for name in files))
    nodes = loaded()
    assert len(of_class(nodes, "vtkMRMLScalarVolumeNode")) == 1
    (text,) = of_class(nodes, "vtkMRMLTextNode")
    assert text.GetText().startswith("XLUT_P03\nscrambled modality lut")
    assert "Look-up tables" in caplog.text


def test_missing_images_are_reported(database, shared_data, tmp_path, caplog):
    import_files(tmp_path / "files", shared_data / WEASIS / "prOverlay.dcm")
    assert loaded() == []
    assert "not in the database" in caplog.text
