"""`slicer-dicom export`: files of volumes, segmentations and models become DICOM."""

from __future__ import annotations

import json

import numpy as np
import pydicom
import pytest

from DICOMLib.database import Database
from Testing.DICOMLib.cli.commands import slicer_dicom

pytestmark = pytest.mark.mrml


def write_nrrd(path, voxels, spacing=(0.5, 0.5, 2.5), origin=(-100, -100, 0), **header):
    """An NRRD file in LPS, written by hand."""
    kinds = {"int16": "short", "uint8": "unsigned char"}
    directions = " ".join(
        "(" + ",".join(str(size if axis == place else 0) for place in range(3)) + ")"
        for axis, size in enumerate(spacing)
    )
    fields = {
        "type": kinds[str(voxels.dtype)],
        "dimension": 3,
        "space": "left-posterior-superior",
        "sizes": " ".join(str(size) for size in voxels.shape[::-1]),
        "space directions": directions,
        "space origin": "(" + ",".join(map(str, origin)) + ")",
        "encoding": "raw",
        "endian": "little",
    }
    lines = [f"{name}: {value}" for name, value in fields.items()]
    lines += [f"{name}:={value}" for name, value in header.items()]
    path.write_bytes(("NRRD0005\n" + "\n".join(lines) + "\n\n").encode() + voxels.tobytes())
    return path


VOXELS = np.arange(3 * 8 * 8, dtype=np.int16).reshape(3, 8, 8)


@pytest.fixture
def ct(database):
    """Series Instance UID of the CT."""
    with Database.open(database) as opened:
        (uid,) = [row["SeriesInstanceUID"] for row in opened.rows("series") if row["Modality"] == "CT"]
    return uid


def written(folder):
    return [pydicom.dcmread(path) for path in sorted(folder.rglob("*.dcm"))]


def test_a_volume_of_a_series(database, ct, tmp_path):
    write_nrrd(tmp_path / "volume.nrrd", VOXELS)
    result = slicer_dicom(
        *("export", "--input", "volume.nrrd", "--reference", ct, "--database", database, "--output", "out"),
        *("--tag", "SeriesDescription=Filtered", "--json"),
        folder=tmp_path,
    )

    assert result.returncode == 0, result.stderr
    assert len(json.loads(result.stdout)["files"]) == 3
    assert json.loads(result.stdout)["notes"] == []
    images = written(tmp_path / "out")
    values = [one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in images]
    assert np.array_equal(values, VOXELS)
    assert (images[0].PatientName, images[0].PatientID) == ("Doe^Jane", "P1")
    assert images[0].AccessionNumber == "A1"
    assert images[0].SeriesDescription == "Filtered"
    assert images[0].SeriesInstanceUID != ct
    assert len(images[0].SourceImageSequence) == 1


def test_a_volume_that_lies_elsewhere_than_its_reference(database, ct, tmp_path):
    """10 slices at 1.25 mm, moved by 40 mm to the left; the reference has 3 at 2.5 mm, from z = 0 to 5 mm.

    The slice at z = 11.25 mm is farthest from an image: 40 mm along x, 6.25 mm along z.
    """
    voxels = np.zeros((10, 8, 8), np.int16)
    write_nrrd(tmp_path / "volume.nrrd", voxels, spacing=(0.5, 0.5, 1.25), origin=(-60, -100, 0))
    result = slicer_dicom(
        *("export", "--input", "volume.nrrd", "--reference", ct, "--database", database, "--output", "out"),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert (
        "The geometry differs from that of the reference series whose tags are kept: 10 slices instead of 3; "
        "slices 1.25 mm apart instead of 2.5 mm; the first pixel of a slice lies up to 40.49 mm from that of "
        "the nearest image. Check that it is the right reference."
    ) in result.stdout


def test_what_would_change(database, ct, tmp_path):
    write_nrrd(tmp_path / "volume.nrrd", VOXELS)
    result = slicer_dicom(
        *("export", "--input", "volume.nrrd", "--reference", ct, "--database", database, "--output", "out"),
        *("--tag", "SeriesDescription=Filtered", "--preview", "--json"),
        folder=tmp_path,
    )

    assert result.returncode == 0, result.stderr
    (told,) = json.loads(result.stdout)["exports"]
    changes = {change["tag"]: change for change in told["changes"]}
    assert (changes["0008,103E"]["before"], changes["0008,103E"]["after"]) == ("Axial", "Filtered")
    assert "0010,0010" not in changes
    assert not (tmp_path / "out").exists()


def test_a_preview_warns_as_the_export_does(database, ct, tmp_path):
    """The volume of `test_a_volume_that_lies_elsewhere_than_its_reference`; in the JSON document."""
    voxels = np.zeros((10, 8, 8), np.int16)
    write_nrrd(tmp_path / "volume.nrrd", voxels, spacing=(0.5, 0.5, 1.25), origin=(-60, -100, 0))
    result = slicer_dicom(
        *("export", "--input", "volume.nrrd", "--reference", ct, "--database", database, "--output", "out"),
        *("--preview", "--json"),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    (told,) = document["exports"]
    assert "lies up to 40.49 mm from that of the nearest image" in told["notes"][0]
    assert document["output"] == str(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_preview_of_a_sheared_volume_fails_as_the_export_does(database, ct, tmp_path):
    """Rows and columns at 45 degrees, which no image can say."""
    path = write_nrrd(tmp_path / "volume.nrrd", VOXELS)
    path.write_bytes(path.read_bytes().replace(b"(0,0.5,0)", b"(0.5,0.5,0)"))
    texts = [
        slicer_dicom(
            *("export", "--input", "volume.nrrd", "--reference", ct, "--database", database),
            *("--output", "out", *more),
            folder=tmp_path,
        )
        for more in ((), ("--preview",))
    ]
    for result in texts:
        assert result.returncode == 1
        assert "Rows and columns of the volume are not perpendicular" in result.stdout + result.stderr


def test_no_placeholders_are_written(database, ct, tmp_path):
    """The description is the name of the file; manufacturer and model are those of the reference, or none."""
    write_nrrd(tmp_path / "filtered.nrrd", VOXELS)
    alone = slicer_dicom("export", "--input", "filtered.nrrd", "--output", "alone", folder=tmp_path)
    derived = slicer_dicom(
        *("export", "--input", "filtered.nrrd", "--output", "derived"),
        *("--reference", ct, "--database", database),
        folder=tmp_path,
    )
    assert (alone.returncode, derived.returncode) == (0, 0), alone.stderr + derived.stderr
    image = written(tmp_path / "alone")[0]
    assert (image.SeriesDescription, image.Manufacturer) == ("filtered", "")
    assert "ManufacturerModelName" not in image
    with Database.open(database) as opened:
        (path, *_others) = [row["Filename"] for row in opened.rows("instances")]
        source = pydicom.dcmread(opened.absolute_path(path))
    image = written(tmp_path / "derived")[0]
    assert image.SeriesDescription == "filtered"
    assert image.get("Manufacturer", "") == source.get("Manufacturer", "")


def test_a_second_export_into_the_folder_is_told(tmp_path):
    write_nrrd(tmp_path / "volume.nrrd", VOXELS)
    first, second = (
        slicer_dicom("export", "--input", "volume.nrrd", "--output", "out", folder=tmp_path)
        for _time in range(2)
    )
    assert "already" not in first.stdout
    assert "The folder held 3 DICOM files already. They stay; the new ones have other names." in second.stdout
    assert len(written(tmp_path / "out")) == 6


def test_a_preview_of_a_segmentation(database, ct, tmp_path):
    """What will be written, and what differs from the images of the CT."""
    labels = np.zeros((3, 8, 8), np.uint8)
    labels[1, 2:5, 3:6] = 1
    header = {"Segment0_ID": "Segment_1", "Segment0_Name": "Liver", "Segment0_LabelValue": "1"}
    write_nrrd(tmp_path / "organs.seg.nrrd", labels, **header)
    result = slicer_dicom(
        *("export", "--input", "organs.seg.nrrd", "--reference", ct, "--database", database),
        *("--output", "out", "--preview", "--tag", "AccessionNumber=A7", "--tag", "PatientName=Roe^Jane"),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "organs: Segmentation (DICOMSegmentationPlugin), series 100 'organs'",
        "Binary segments (Liver) in 1 frame, made of the 3 images of '1: Axial'.",
        "Changes against the source images:",
        "  0008,0050  Accession Number: 'A1' -> 'A7'",
        "  0010,0010  Patient's Name: 'Doe^Jane' -> 'Roe^Jane'",
        f"Nothing is written by a preview; without --preview it will be, to {tmp_path / 'out'}",
    ]
    assert "segments" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_volume_without_anything(tmp_path):
    write_nrrd(tmp_path / "volume.nrrd", VOXELS)
    result = slicer_dicom(
        *(
            "export",
            "--input",
            "volume.nrrd",
            "--output",
            "out",
            "--tag",
            "Modality=MR",
            "--tag",
            "PatientID=X1",
        ),
        folder=tmp_path,
    )

    assert result.returncode == 0, result.stderr
    assert "3 files written" in result.stdout
    images = written(tmp_path / "out")
    assert images[0].SOPClassUID.name == "MR Image Storage"
    assert (images[0].PatientName, images[0].PatientID) == ("Anonymous", "X1")


def test_a_segmentation_of_a_series(database, ct, tmp_path):
    labels = np.zeros((3, 8, 8), np.uint8)
    labels[1, 2:5, 3:6] = 1
    header = {"Segment0_ID": "Segment_1", "Segment0_Name": "Liver", "Segment0_LabelValue": "1"}
    write_nrrd(tmp_path / "liver.seg.nrrd", labels, **header)
    result = slicer_dicom(
        *(
            "export",
            "--input",
            "liver.seg.nrrd",
            "--reference",
            ct,
            "--database",
            database,
            "--output",
            "out",
        ),
        folder=tmp_path,
    )

    assert result.returncode == 0, result.stderr
    (dataset,) = written(tmp_path / "out")
    assert dataset.Modality == "SEG"
    assert dataset.SegmentSequence[0].SegmentLabel == "Liver"
    assert dataset.ReferencedSeriesSequence[0].SeriesInstanceUID == ct
    assert np.array_equal(dataset.pixel_array.reshape(8, 8), labels[1])


def test_misuse(database, tmp_path):
    missing = slicer_dicom("export", "--input", "no.nrrd", "--output", "out", folder=tmp_path)
    assert (missing.returncode, "no file" in missing.stderr) == (1, True)
    write_nrrd(tmp_path / "volume.nrrd", VOXELS)
    alone = slicer_dicom(
        "export", "--input", "volume.nrrd", "--output", "out", "--reference", "1.2", folder=tmp_path
    )
    assert (alone.returncode, "--database" in alone.stderr) == (2, True)
    unknown = slicer_dicom(
        *(
            "export",
            "--input",
            "volume.nrrd",
            "--output",
            "out",
            "--reference",
            "1.2",
            "--database",
            database,
        ),
        folder=tmp_path,
    )
    assert (unknown.returncode, "not in the database" in unknown.stderr) == (1, True)
    plugin = slicer_dicom(
        "export", "--input", "volume.nrrd", "--output", "out", "--plugin", "Foo", folder=tmp_path
    )
    assert (plugin.returncode, "There is no plugin Foo" in plugin.stderr) == (1, True)
    assert "Traceback" not in plugin.stderr


def test_a_volume_of_probabilities(database, ct, tmp_path):
    """Fractions 0 to 255 in the voxels of the CT, written as occupancy of one segment."""
    voxels = np.random.default_rng(1).integers(0, 256, (3, 8, 8)).astype(np.uint8)
    voxels[0, 0, 0] = 255
    write_nrrd(tmp_path / "prob.nrrd", voxels)
    result = slicer_dicom(
        *("export", "--input", "prob.nrrd", "--reference", ct, "--database", database, "--output", "out"),
        *("--plugin", "DICOMSegmentationPlugin", "--tag", "SegmentationFractionalType=OCCUPANCY", "--json"),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["notes"] == ["The voxel value 255 is written as the fraction 1."]
    (dataset,) = written(tmp_path / "out")
    assert (dataset.SegmentationFractionalType, dataset.MaximumFractionalValue) == ("OCCUPANCY", 255)
    assert dataset.ReferencedSeriesSequence[0].SeriesInstanceUID == ct
    assert sorted(dataset.pixel_array.ravel()) == sorted(voxels.ravel())


def test_where_files_are_is_told(database, ct, tmp_path):
    """The folder of the images; the path of an object that is one file."""
    write_nrrd(tmp_path / "volume.nrrd", VOXELS)
    labels = np.zeros((3, 8, 8), np.uint8)
    labels[1, 2:5, 3:6] = 1
    write_nrrd(tmp_path / "liver.seg.nrrd", labels, Segment0_ID="S1", Segment0_LabelValue="1")
    for name, count in (("volume.nrrd", 3), ("liver.seg.nrrd", 1)):
        result = slicer_dicom(
            *(
                "export",
                "--input",
                name,
                "--reference",
                ct,
                "--database",
                database,
                "--output",
                f"out/{count}",
            ),
            folder=tmp_path,
        )
        paths = sorted((tmp_path / "out" / str(count)).rglob("*.dcm"))
        assert len(paths) == count
        where = f"to {paths[0].parent}" if count > 1 else paths[0]
        expected = f"{count} files written {where}." if count > 1 else f"1 file written: {where}."
        assert result.stdout.splitlines()[0] == expected


def test_a_surface_of_a_series(database, ct, tmp_path):
    """One triangle by hand in the study of the CT; what it keeps of patient and study is told."""
    facets = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet"
    (tmp_path / "implant.stl").write_text(f"solid one\n{facets}\nendsolid one\n")
    arguments = (
        *("export", "--input", "implant.stl", "--reference", ct, "--database", database),
        *("--output", "out", "--tag", "StudyDescription=Printed"),
    )
    told = slicer_dicom(*arguments, "--preview", folder=tmp_path)
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert lines[0].startswith("implant: Encapsulated STL (DICOMM3DPlugin)")
    assert [line for line in lines if line.startswith("  ")] == [
        "  0008,1030  Study Description: 'Abdomen' -> 'Printed'"
    ]
    assert not (tmp_path / "out").exists()

    result = slicer_dicom(*arguments, folder=tmp_path)
    assert result.returncode == 0, result.stderr
    (dataset,) = written(tmp_path / "out")
    assert (dataset.PatientName, dataset.AccessionNumber) == ("Doe^Jane", "A1")
    assert dataset.StudyDescription == "Printed"
    with Database.open(database) as opened:
        path = opened.absolute_path(next(iter(opened.rows("instances")))["Filename"])
    assert dataset.FrameOfReferenceUID == pydicom.dcmread(path).FrameOfReferenceUID


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("garbage.nrrd", "cannot be read by its ending: it is damaged, or of another kind."),
        ("garbage.seg.nrrd", "cannot be read by its ending: it is damaged, or of another kind."),
        ("garbage.nii.gz", "cannot be read by its ending: it is damaged, or of another kind."),
        ("garbage.stl", "cannot be read by its ending: it is damaged, or of another kind."),
        ("garbage.h5", "cannot be read by its ending: it is damaged, or of another kind."),
        ("garbage.mrb", "is no scene bundle, or is damaged: it is no zip archive."),
        ("garbage.xyz", "there is no reader for .xyz."),
        ("garbage.dcm", "is, or is named like, DICOM already. Import it with: slicer-dicom import"),
    ],
)
@pytest.mark.parametrize("out", ["out", "new/out"])
def test_garbage_is_one_error_and_leaves_nothing(tmp_path, name, words, out):
    (tmp_path / name).write_bytes(np.random.default_rng(1).bytes(3000))
    result = slicer_dicom("export", "--input", name, "--output", out, folder=tmp_path)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"slicer-dicom: {name}")
    assert words in line
    assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_that_was_there_stays(tmp_path):
    (tmp_path / "garbage.nrrd").write_bytes(b"garbage")
    (tmp_path / "out").mkdir()
    result = slicer_dicom("export", "--input", "garbage.nrrd", "--output", "out", folder=tmp_path)
    assert result.returncode == 1
    assert (tmp_path / "out").is_dir()
