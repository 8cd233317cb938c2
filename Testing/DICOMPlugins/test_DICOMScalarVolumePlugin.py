"""Scalar volumes: the rules of examination."""

from __future__ import annotations

import numpy as np
import pytest

from Testing.DICOMPlugins.conftest import SETTING
from Testing.image_series import heights, image, stack

pytestmark = pytest.mark.mrml

SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"


def offers(plugin, *file_lists):
    """(name, confidence, selected, number of files, has a warning) of each loadable."""
    return [
        (loadable.name, loadable.confidence, loadable.selected, len(loadable.files), bool(loadable.warning))
        for loadable in plugin.examineForImport(list(file_lists))
    ]


def test_one_regular_series(series):
    plugin, files = series(stack(heights(0, 3, 6)))
    (loadable,) = plugin.examineFiles(files)
    assert (loadable.name, loadable.confidence, loadable.selected) == ("7: Axial", 0.5, True)
    assert loadable.tooltip == f"3 files, first file: {files[0]}"
    assert loadable.warning == ""
    assert loadable.grayscale is True


def test_files_are_sorted_along_the_normal(series):
    plugin, files = series(stack(heights(6, 0, 3)))
    (loadable,) = plugin.examineFiles(files)
    assert loadable.files == [files[1], files[2], files[0]]


def test_regular_whole_is_preferred_to_its_parts(series):
    datasets = stack(heights(0, 3, 6, 9))
    for dataset, number in zip(datasets, (1, 1, 2, 2), strict=True):
        dataset.AcquisitionNumber = number
    plugin, files = series(datasets)
    assert offers(plugin, files) == [
        ("7: Axial", 0.5, True, 4, False),
        ("7: Axial - acquisitionNumber 1", 0.45, False, 2, False),
        ("7: Axial - acquisitionNumber 2", 0.45, False, 2, False),
    ]


def test_parts_are_preferred_where_one_tag_divides_an_irregular_whole(series):
    datasets = stack(heights(0, 3, 6, 0, 3, 6))
    for index, dataset in enumerate(datasets):
        dataset.AcquisitionNumber = 1 + index // 3
    plugin, files = series(datasets)
    assert offers(plugin, files) == [
        ("7: Axial", 0.45, False, 6, True),
        ("7: Axial - acquisitionNumber 1", 0.5, True, 3, False),
        ("7: Axial - acquisitionNumber 2", 0.5, True, 3, False),
    ]


def test_irregular_parts_are_not_preferred(series):
    datasets = stack(heights(0, 3, 6, 0, 3, 9))
    for index, dataset in enumerate(datasets):
        dataset.AcquisitionNumber = 1 + index // 3
    plugin, files = series(datasets)
    assert [offer[2] for offer in offers(plugin, files)] == [False, True, False]


def test_two_tags_that_divide_leave_the_whole(series):
    datasets = stack(heights(0, 3, 6, 0, 3, 6))
    for index, dataset in enumerate(datasets):
        dataset.AcquisitionNumber = 1 + index // 3
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AB"[index // 3]]
    plugin, files = series(datasets)
    names = [(name, selected) for name, _, selected, _, _ in offers(plugin, files)]
    assert names == [
        ("7: Axial", True),
        ("7: Axial - acquisitionNumber 1", False),
        ("7: Axial - acquisitionNumber 2", False),
        ("7: Axial - imageType ORIGINAL-PRIMARY-A", False),
        ("7: Axial - imageType ORIGINAL-PRIMARY-B", False),
    ]


def test_localizer_is_left_out(series):
    localizer = image(
        (50, 0, 40), ImageOrientationPatient=list(SAGITTAL), ImageType=["DERIVED"], InstanceNumber=9
    )
    plugin, files = series([localizer, *stack(heights(0, 3, 6))])
    result = plugin.examineFiles(files)
    chosen = [loadable for loadable in result if loadable.selected]
    assert [loadable.name for loadable in chosen] == [
        "7: Axial - imageType ORIGINAL-PRIMARY-AXIAL",
        "7: Axial - imageOrientationPatient 2",
    ]
    assert all(loadable.files == files[1:] for loadable in chosen)
    assert result[0].confidence == 0.45


def test_parts_by_orientation_are_numbered(series):
    datasets = stack(heights(0, 3, 9))
    datasets[1].ImageOrientationPatient = list(SAGITTAL)
    datasets[2].ImageOrientationPatient = [1, 0, 0, 0, 1, 1e-7]
    plugin, files = series(datasets)
    names = [loadable.name for loadable in plugin.examineFiles(files)]
    assert names == [
        "7: Axial",
        "7: Axial - imageOrientationPatient 1",
        "7: Axial - imageOrientationPatient 2",
    ]
    tooltip = plugin.examineFiles(files)[1].tooltip
    assert tooltip.startswith("2 files, grouped by imageOrientationPatient = 1")
    assert tooltip.endswith(f"First file: {files[0]}")


def test_time_divides_only_if_the_user_wants_it(series, settings):
    datasets = stack(heights(0, 3))
    datasets[0].ContentTime, datasets[1].ContentTime = "101500", "101501"
    plugin, files = series(datasets)
    assert len(plugin.examineFiles(files)) == 1
    settings.setValue(SETTING + "AllowLoadingByTime", 1)
    assert [loadable.name for loadable in plugin.examineFiles(files)[1:]] == [
        "7: Axial - contentTime 101500",
        "7: Axial - contentTime 101501",
    ]


def test_characters_of_names(series):
    plugin, files = series(stack(heights(0), SeriesDescription="A|B/C*"))
    assert plugin.examineFiles(files)[0].name == "7: A-B-C(star)"
    assert plugin.cleanNodeName("a\\b") == "a-b"


def test_files_without_pixels_are_dropped(series):
    datasets = stack(heights(0, 3, 6))
    del datasets[1].PixelData
    plugin, files = series(datasets)
    assert plugin.examineFiles(files)[0].files == [files[0], files[2]]


def test_no_pixels_at_all_is_said_and_unlikely(series):
    datasets = stack(heights(0, 3, 9))
    for dataset in datasets:
        del dataset.PixelData
    plugin, files = series(datasets)
    (loadable,) = plugin.examineFiles(files)
    assert loadable.confidence == 0.2
    assert "pixel data" in loadable.warning
    assert "spaced" in loadable.warning


def test_structure_set_is_none_of_ours(series):
    datasets = stack(heights(0, 3))
    datasets[1].SOPClassUID = RT_STRUCTURE_SET
    plugin, files = series(datasets)
    assert plugin.examineFiles(files) == []
    assert "Structure Set" in plugin.explainDecline(files)


def test_colour_is_noted(series):
    attributes = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    plugin, files = series([image(PixelData=bytes(60), pixels=np.zeros((4, 5), np.uint8), **attributes)])
    assert plugin.examineFiles(files)[0].grayscale is False


def test_lists_are_sorted_by_series_number(series):
    datasets = [
        image(SeriesInstanceUID=f"1.2.3.{number}", SeriesNumber=number, SeriesDescription=name)
        for number, name in ((12, "b"), (3, "a"))
    ]
    plugin, files = series(datasets)
    assert [offer[0] for offer in offers(plugin, [files[0]], [], [files[1]])] == ["3: a", "12: b"]


def test_an_empty_answer_is_not_remembered(series):
    plugin, files = series(stack(heights(0)))
    plugin.cacheLoadables(files, [])
    assert len(plugin.examineForImport([files])) == 1
    assert plugin.examineForImport([files])[0] is plugin.getCachedLoadables(files)[0]


@pytest.mark.gui
def test_settings_panel(settings):
    import ctk
    import qt
    import slicer

    panel = ctk.ctkSettingsPanel()
    group = qt.QGroupBox(panel)
    slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"].settingsPanelEntry(panel, group)
    approach, regularization = group.findChildren(qt.QComboBox)
    approach.setCurrentIndex(2)
    regularization.setCurrentIndex(3)
    group.findChildren(qt.QCheckBox)[0].setChecked(True)
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    assert int(settings.value(SETTING + "ReaderApproach")) == 2
    assert plugin.acquisitionGeometryRegularization() == "hardenTransform"
    assert plugin.allowLoadingByTime()


@pytest.mark.gui
def test_rows_of_the_settings_panel(host):
    import qt
    import slicer

    class Panel:
        keys: list[str] = []  # noqa: RUF012 one panel, one list

        def registerProperty(self, key, *_arguments):
            self.keys.append(key)

    group = qt.QGroupBox()
    slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"].settingsPanelEntry(Panel(), group)
    names = ("ReaderApproach", "AcquisitionGeometryRegularization", "AllowLoadingByTime")
    assert Panel.keys == [SETTING + name for name in names]
    approaches = group.findChildren(qt.QComboBox)[0]
    assert [approaches.itemText(row) for row in range(approaches.count)] == [
        "GDCM with DCMTK fallback", "DCMTK", "GDCM", "Archetype",
    ]  # fmt: skip
    group.deleteLater()
