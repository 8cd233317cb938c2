"""Grey values of presentation states: as the views get them, against hand calculation and DCMTK."""

from __future__ import annotations

import subprocess

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.uid import GrayscaleSoftcopyPresentationStateStorage

from DICOMLib.core.jobs import run
from Testing.DICOMPlugins.loading import import_files, of_class, series_with
from Testing.DICOMPlugins.test_DICOMPresentationStatePlugin import (  # noqa: F401
    PLUGIN,
    WEASIS,
    item,
    loaded,
    state,
)

pytestmark = pytest.mark.mrml


def shown(volume):
    """Grey values (slices, rows, columns) from 0 to 255 as views get them from the display node."""
    from vtkmodules.util import numpy_support

    display = volume.GetDisplayNode()
    display.SetInputImageDataConnection(volume.GetImageDataConnection())
    port = display.GetOutputImageDataConnection()
    port.GetProducer().Update()
    image = port.GetProducer().GetOutputDataObject(port.GetIndex())
    columns, rows, slices = image.GetDimensions()
    colours = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())
    return colours.reshape(slices, rows, columns, -1)[..., 0].astype(int)


def voxels_of(volume):
    import slicer

    return slicer.util.arrayFromVolume(volume).astype(float)


def table(first, values, bits=8, **attributes):
    """An item of a sequence of look-up tables."""
    made = item(LUTDescriptor=[len(values), first, bits], LUTData=list(values), **attributes)
    made["LUTDescriptor"].VR, made["LUTData"].VR = "SS" if first < 0 else "US", "US"
    return made


def loaded_volume():
    nodes = loaded()
    (volume,) = of_class(nodes, "vtkMRMLScalarVolumeNode")
    (text,) = of_class(nodes, "vtkMRMLTextNode")
    return volume, text.GetText().splitlines()


def test_a_sigmoid_window(state):  # noqa: F811
    """PS3.3 C.11.2.1.3.1: 1 / (1 + exp(-4 (x + 1010) / 20)); voxels are -1024 to -997."""
    state(SoftcopyVOILUTSequence=[item(WindowCenter=-1010, WindowWidth=20, VOILUTFunction="SIGMOID")])
    volume, lines = loaded_volume()
    expected = 255 / (1 + np.exp(-4 * (voxels_of(volume) + 1010) / 20))
    assert np.ptp(expected) > 200
    assert np.abs(shown(volume) - expected).max() <= 1
    assert lines[-1] == "Window 20, center -1010 (sigmoid)"


FIRST = -1020


@pytest.mark.parametrize("shape", ["IDENTITY", "INVERSE"])
def test_a_voi_table(state, shape):  # noqa: F811
    """Each value has an entry of its own: the square of its index, of 8 bits; beyond, the first and last."""
    values = [index * index for index in range(16)]
    lut = table(FIRST, values, LUTExplanation="Squares")
    state(SoftcopyVOILUTSequence=[item(VOILUTSequence=[lut])], PresentationLUTShape=shape)
    volume, lines = loaded_volume()
    grey = np.array(values)[(voxels_of(volume) - FIRST).clip(0, 15).astype(int)]
    expected = grey if shape == "IDENTITY" else 255 - grey
    assert len(np.unique(expected)) > 5
    assert np.abs(shown(volume) - expected).max() <= 1
    assert lines[-1] == f"VOI LUT: Squares, of values {FIRST} to {FIRST + 15}"


def test_the_first_value_of_a_table_that_does_not_tell_its_sign(state):  # noqa: F811
    """-1020 as an unsigned number is 64516: no value of these images comes near to that."""
    values = [index * index for index in range(16)]
    state(SoftcopyVOILUTSequence=[item(VOILUTSequence=[table(65536 + FIRST, values)])])
    volume, _lines = loaded_volume()
    expected = np.array(values)[(voxels_of(volume) - FIRST).clip(0, 15).astype(int)]
    assert np.abs(shown(volume) - expected).max() <= 1


def test_a_presentation_table(state):  # noqa: F811
    """After the window, which leads from 0 to 1 between -1030 and -990, the table makes three greys."""
    lut = table(0, [0, 100, 255], LUTExplanation="Three greys")
    state(
        SoftcopyVOILUTSequence=[item(WindowCenter=-1010, WindowWidth=40, VOILUTFunction="LINEAR_EXACT")],
        PresentationLUTSequence=[lut],
        PresentationLUTShape=None,
    )
    volume, lines = loaded_volume()
    part = ((voxels_of(volume) + 1030) / 40).clip(0, 1)
    expected = np.array([0, 100, 255])[np.rint(part * 2).astype(int)]
    border = np.abs(part * 2 % 1 - 0.5) < 0.05  # where the next grey begins
    assert len(np.unique(expected[~border])) == 3
    assert np.abs(shown(volume) - expected)[~border].max() <= 1
    assert lines[-1] == "Presentation LUT: Three greys"


def test_other_rescaling_than_that_of_the_images(state):  # noqa: F811
    """The state's values are twice the stored ones; the image's are the stored ones minus 1024."""
    state(
        RescaleSlope=2,
        RescaleIntercept=0,
        RescaleType="US",
        SoftcopyVOILUTSequence=[item(WindowCenter=30, WindowWidth=60, VOILUTFunction="LINEAR_EXACT")],
    )
    volume, _lines = loaded_volume()
    expected = 255 * (2 * (voxels_of(volume) + 1024) / 60).clip(0, 1)
    assert np.ptp(expected) > 50
    assert np.abs(shown(volume) - expected).max() <= 1


def test_the_same_rescaling_as_that_of_the_images(state):  # noqa: F811
    """A plain window is enough then, and users can change it as any other."""
    state(
        RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU",
        SoftcopyVOILUTSequence=[item(WindowCenter=40, WindowWidth=400)],
    )  # fmt: skip
    volume, _lines = loaded_volume()
    assert volume.GetDisplayNode().GetColorNodeID().endswith("Grey")
    assert (volume.GetDisplayNode().GetWindow(), volume.GetDisplayNode().GetLevel()) == (400, 40)


def test_a_broken_table_is_told(state):  # noqa: F811
    broken = table(0, [1, 2, 3])
    broken["LUTDescriptor"].value = [100, 0, 8]
    state(SoftcopyVOILUTSequence=[item(VOILUTSequence=[broken])])
    from DICOMLib.plugins.load import load_series as load_job

    report = run(load_job(series_with("PR"), [PLUGIN]))
    assert "look-up table of the presentation state cannot be read" in report.failed[0].reason


def test_states_of_another_maker(database, shared_data, tmp_path):
    """Scrambled modality, VOI and presentation tables that together give a picture: as DCMTK draws it."""
    paths = [shared_data / WEASIS / name for name in ("prLUTs.dcm", "imageForPrLUTs.dcm")]
    assert pydicom.dcmread(paths[0]).SOPClassUID == GrayscaleSoftcopyPresentationStateStorage
    import_files(tmp_path / "files", *paths)
    volume, lines = loaded_volume()
    assert lines[:2] == ["XLUT_P03", "scrambled modality lut / voi lut / presentation lut"]
    picture = tmp_path / "picture.pgm"
    subprocess.run(["dcmp2pgm", "-p", *paths, picture], check=True)
    assert np.array_equal(shown(volume)[0], np.array(Image.open(picture)))
