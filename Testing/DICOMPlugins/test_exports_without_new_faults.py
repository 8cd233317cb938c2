"""Images that are written of other classes have no faults that those do not have."""

from __future__ import annotations

import pytest

from Testing.DICOMPlugins.exporting import datasets, exported
from Testing.DICOMPlugins.test_exports_of_scanners import faults, item_of, loaded_volume

pytestmark = pytest.mark.mrml

FIELD_MAP = "dcm_qa_enh/In/Philips/IM_0027_fMAP.dcm"  # Inversion Time 0, no Scanning Sequence

SLIDE = "highdicom/data/test_files/sm_image_grayscale.dcm"


@pytest.mark.filterwarnings("ignore:.*:UserWarning:pydicom")  # its remarks on values of the images
def test_field_map_that_inverts_nothing(database, shared_data, tmp_path):
    """Inversion Time is there only with the Scanning Sequence IR (PS3.3 C.8.3.1)."""
    source = shared_data / FIELD_MAP
    item = item_of(loaded_volume(source, tmp_path / "imported"))
    report = exported(item, "DICOMScalarVolumePlugin", tmp_path / "out")
    assert faults(report.files[:1]) - faults([source]) == set()
    assert "InversionTime" not in datasets(report)[0]


def test_slide_has_no_side(database, shared_data, tmp_path):
    """A specimen is no paired structure: Laterality may not be there, also not empty (PS3.3 C.7.3.1)."""
    source = shared_data / SLIDE
    item = item_of(loaded_volume(source, tmp_path / "imported"))
    report = exported(item, "DICOMScalarVolumePlugin", tmp_path / "out")
    assert not [fault for fault in faults(report.files[:1]) if "Laterality" in fault]
    assert "Laterality" not in datasets(report)[0]
