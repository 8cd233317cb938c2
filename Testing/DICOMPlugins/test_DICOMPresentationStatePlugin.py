"""Presentation states: windows and places of annotations, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from Testing import factories
from Testing.DICOMLib.mrml.images.test_frames import enhanced
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
        for number, image in enumerate(ct):
            image.PixelData = (10 * number + np.arange(64) // 8).astype("<i2").tobytes()
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


def states_for(images, **graphics):
    return {"GraphicAnnotationSequence": [item(ReferencedImageSequence=images, **graphics)]}


@pytest.mark.parametrize(
    ("kind", "data", "class_name", "expected"),
    [
        ("POINT", [0.5, 7.5], "vtkMRMLMarkupsFiducialNode", [[100, 96.5, 2.5]]),
        ("POLYLINE", [0.5, 0.5, 2.5, 0.5, 2.5, 4.5], "vtkMRMLMarkupsCurveNode",
         [[100, 100, 2.5], [99, 100, 2.5], [99, 98, 2.5]]),
        ("POLYLINE", [0.5, 0.5, 2.5, 0.5, 2.5, 4.5, 0.5, 0.5], "vtkMRMLMarkupsClosedCurveNode",
         [[100, 100, 2.5], [99, 100, 2.5], [99, 98, 2.5]]),
        ("INTERPOLATED", [0.5, 0.5, 2.5, 0.5, 2.5, 4.5], "vtkMRMLMarkupsCurveNode",
         [[100, 100, 2.5], [99, 100, 2.5], [99, 98, 2.5]]),
        ("INTERPOLATED", [0.5, 0.5, 2.5, 0.5, 2.5, 4.5, 0.5, 0.5], "vtkMRMLMarkupsClosedCurveNode",
         [[100, 100, 2.5], [99, 100, 2.5], [99, 98, 2.5]]),
    ],
)  # fmt: skip
def test_kinds_of_drawings(state, kind, data, class_name, expected):
    """On the second slice, at 2.5 mm; its first pixel has its centre at (0.5, 0.5)."""
    ct = factories.ct_series(3)
    state(**states_for([image_reference(ct[1])], GraphicObjectSequence=[graphic(kind, data)]))
    (node,) = of_class(loaded(), class_name)
    assert np.allclose(positions(node), expected)


def test_ellipse(state):
    """Around pixel (4, 4), half axes of 3 and 1 pixels: 1.5 and 0.5 mm around (98.25, 98.25)."""
    ct = factories.ct_series(3)
    ellipse = graphic("ELLIPSE", [1, 4, 7, 4, 4, 3, 4, 5])
    state(**states_for([image_reference(ct[2])], GraphicObjectSequence=[ellipse]))
    (node,) = of_class(loaded(), "vtkMRMLMarkupsClosedCurveNode")
    x, y, z = (positions(node) - (98.25, 98.25, 5)).T
    assert np.allclose((x / 1.5) ** 2 + (y / 0.5) ** 2, 1)
    assert np.allclose(z, 0)
    assert (x.min(), x.max()) == pytest.approx((-1.5, 1.5))


def test_a_text_in_a_box(state):
    """A box from a quarter of the image, which is 8 pixels wide: its corner is at (2, 4)."""
    ct = factories.ct_series(3)
    text = item(
        UnformattedTextValue="Note\r\nmore",
        BoundingBoxTopLeftHandCorner=[0.25, 0.5],
        BoundingBoxBottomRightHandCorner=[0.5, 0.75],
        BoundingBoxAnnotationUnits="DISPLAY",
        BoundingBoxTextHorizontalJustification="LEFT",
    )
    state(
        DisplayedAreaSelectionSequence=[area([1, 1], [8, 8])],
        **states_for([image_reference(ct[1])], TextObjectSequence=[text]),
    )
    (node,) = of_class(loaded(), "vtkMRMLMarkupsFiducialNode")
    assert np.allclose(positions(node), [[100 - 0.5 * 1.5, 100 - 0.5 * 3.5, 2.5]])
    assert node.GetNthControlPointLabel(0).split() == ["Note", "more"]
    assert node.GetName() == "Note"


def area(first, last, **attributes):
    return item(DisplayedAreaTopLeftHandCorner=first, DisplayedAreaBottomRightHandCorner=last, **attributes)


@pytest.mark.parametrize(
    ("first", "last", "turn", "pixel"),
    [
        ([1, 1], [8, 8], {}, (2, 4)),
        # mirrored: the pixels of the right edge are on the left of the screen
        ([8, 1], [1, 8], {"ImageHorizontalFlip": "Y"}, (6, 4)),
        ([8, 8], [1, 1], {"ImageRotation": 180}, (6, 4)),
        # turned clockwise: the left edge of the image is on top of the screen, its lower end on the left
        ([1, 8], [8, 1], {"ImageRotation": 90}, (4, 6)),
        ([8, 1], [1, 8], {"ImageRotation": 270}, (4, 2)),
    ],
)
def test_display_units_on_a_turned_image(state, first, last, turn, pixel):
    """A quarter from the left of the screen, half-way down."""
    state(
        **states_for(
            [image_reference(factories.ct_series(1)[0])],
            GraphicObjectSequence=[graphic("POINT", [0.25, 0.5], "DISPLAY")],
        ),
        DisplayedAreaSelectionSequence=[area(first, last)],
        **turn,
    )
    (point,) = of_class(loaded(), "vtkMRMLMarkupsFiducialNode")
    expected = [100 - 0.5 * (pixel[0] - 0.5), 100 - 0.5 * (pixel[1] - 0.5), 0]
    assert np.allclose(positions(point), [expected])


def test_display_units_take_the_area_of_their_image(state):
    """Image 2 shows pixels 5 to 8 only: its middle is pixel 6."""
    ct = factories.ct_series(3)
    state(
        **states_for(
            [image_reference(ct[1])], GraphicObjectSequence=[graphic("POINT", [0.5, 0.5], "DISPLAY")]
        ),
        DisplayedAreaSelectionSequence=[
            area([1, 1], [8, 8], ReferencedImageSequence=[image_reference(ct[0])]),
            area([5, 5], [8, 8], ReferencedImageSequence=[image_reference(ct[1])]),
        ],
    )
    (point,) = of_class(loaded(), "vtkMRMLMarkupsFiducialNode")
    assert np.allclose(positions(point), [[100 - 2.75, 100 - 2.75, 2.5]])


def test_an_area_that_is_not_told(state, caplog):
    state(GraphicAnnotationSequence=[item(GraphicObjectSequence=[graphic("POINT", [0.5, 0.5], "DISPLAY")])])
    assert of_class(loaded(), "vtkMRMLMarkupsFiducialNode") == []
    assert "displayed area" in caplog.text


def test_windows_and_drawings_of_two_series(database, tmp_path, caplog):
    """Each series has its own window, and a point in its own place: the second lies at z = 2.5 of slice 1."""
    series = {name: factories.ct_series(3, name) for name in ("one", "two")}
    references = {name: [image_reference(image) for image in images] for name, images in series.items()}
    annotation = item(
        ReferencedImageSequence=[references["two"][1]], GraphicObjectSequence=[graphic("POINT", [2.5, 4.5])]
    )
    dataset = factories.instance(
        STATE,
        SOPInstanceUID=factories.uid("state"),
        SeriesInstanceUID=factories.uid("states"),
        Modality="PR",
        PresentationLUTShape="IDENTITY",
        ReferencedSeriesSequence=[
            item(SeriesInstanceUID=images[0].SeriesInstanceUID, ReferencedImageSequence=references[name])
            for name, images in series.items()
        ],
        SoftcopyVOILUTSequence=[
            item(WindowCenter=1, WindowWidth=20, ReferencedImageSequence=references["one"]),
            item(WindowCenter=2, WindowWidth=40, ReferencedImageSequence=references["two"][:2]),
        ],
        GraphicAnnotationSequence=[annotation],
    )
    factories.write([*series["one"], *series["two"], dataset], tmp_path / "made")
    import_files(tmp_path / "files", tmp_path / "made")
    nodes = loaded()
    volumes = of_class(nodes, "vtkMRMLScalarVolumeNode")
    displays = {
        volume.GetAttribute("DICOM.instanceUIDs").split()[0]: volume.GetDisplayNode() for volume in volumes
    }
    shown = [displays[images[0].SOPInstanceUID] for images in series.values()]
    assert [(node.GetWindow(), node.GetLevel()) for node in shown] == [(20, 1), (40, 2)]
    assert "for some of the slices" in caplog.text  # the last slice of the second has no window
    (point,) = of_class(nodes, "vtkMRMLMarkupsFiducialNode")
    assert np.allclose(positions(point), [[99, 98, 2.5]])


def state_of_one_image(image, reference, points, tmp_path):
    """Imports an image, and a state with a point on the frame that is referred to."""
    dataset = factories.instance(
        STATE,
        SOPInstanceUID=factories.uid("state"),
        SeriesInstanceUID=factories.uid("states"),
        StudyInstanceUID=image.StudyInstanceUID,
        Modality="PR",
        PresentationLUTShape="IDENTITY",
        ReferencedSeriesSequence=[
            item(SeriesInstanceUID=image.SeriesInstanceUID, ReferencedImageSequence=[image_reference(image)])
        ],
        **states_for([reference], GraphicObjectSequence=[graphic("POINT", points)]),
    )
    factories.write([image, dataset], tmp_path / "made")
    import_files(tmp_path / "files", tmp_path / "made")


@pytest.mark.parametrize(("frame", "z"), [(1, 6), (2, 0), (3, 3)])
def test_a_frame_is_found_where_it_lies(database, tmp_path, frame, z):
    """Frames at 6, 0 and 3 mm, put in order by position, from (-10, 5), with pixels of 0.8 x 0.7 mm."""
    image = enhanced([6, 0, 3])
    reference = image_reference(image)
    reference.ReferencedFrameNumber = frame
    state_of_one_image(image, reference, [2.5, 1.5], tmp_path)
    (point,) = of_class(loaded(), "vtkMRMLMarkupsFiducialNode")
    assert np.allclose(positions(point), [[10 - 1.6, -5 - 0.7, z]])


def test_a_frame_that_is_not_there(database, tmp_path, caplog):
    image = enhanced([6, 0, 3])
    reference = image_reference(image)
    reference.ReferencedFrameNumber = 4
    state_of_one_image(image, reference, [2.5, 1.5], tmp_path)
    nodes = loaded()
    assert len(of_class(nodes, "vtkMRMLTextNode")) == 1
    assert of_class(nodes, "vtkMRMLMarkupsFiducialNode") == []
    assert "no slice of the volume" in caplog.text


def test_an_image_without_a_place(database, tmp_path):
    """The volume of a secondary capture begins at the origin, with pixels of 1 mm; y runs down."""
    (image,) = factories.ct_series(1)
    image.SOPClassUID, image.Modality = "1.2.840.10008.5.1.4.1.1.7", "OT"
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(image, keyword)
    state_of_one_image(image, image_reference(image), [2.5, 1.5], tmp_path)
    (point,) = of_class(loaded(), "vtkMRMLMarkupsFiducialNode")
    assert np.allclose(positions(point), [[-2, -1, 0]])


def test_missing_images_are_reported(database, shared_data, tmp_path, caplog):
    import_files(tmp_path / "files", shared_data / WEASIS / "prOverlay.dcm")
    assert loaded() == []
    assert "not in the database" in caplog.text
