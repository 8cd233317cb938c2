"""The tables of PS3.15 Annex E against other readings of the Standard than ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom._private_dict import private_dictionaries
from pydicom.datadict import keyword_for_tag

from DICOMLib.deidentification.profile import ALWAYS, OPTIONS
from DICOMLib.deidentification.table import Action, option_columns, safe_private, table_action

# The choices that Table E.1-1a leaves: any of the actions of an entry may be taken.
ALLOWED = {
    "D": {Action.DUMMY},
    "U": {Action.UID},
    "X": {Action.REMOVE},
    "Z": {Action.EMPTY},
    "X/D": {Action.REMOVE, Action.DUMMY},
    "X/Z": {Action.REMOVE, Action.EMPTY},
    "X/Z/D": {Action.REMOVE, Action.EMPTY, Action.DUMMY},
    "X/Z/U*": {Action.REMOVE, Action.EMPTY, Action.DESCEND},
    "Z/D": {Action.EMPTY, Action.DUMMY},
}


def rows_of_2020():
    """Tag, action of the basic profile, and letter by option, as the package dicom-standard reads them."""
    path = Path(__file__).with_name("table_e_1_1.tsv")
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        tag, action, *options = line.split("\t")
        if "x" not in tag:
            cells = options[0].split() if options else []
            yield int(tag, 16), action, dict(cell.split("=") for cell in cells)


# What later editions changed: they allow a dummy ID, and empty values beside removal (SourceSerialNumber
# had two rows in 2020), and clean AE titles, which were kept with the identity of devices.
OTHER_ACTIONS = {"PatientID", "SourceSerialNumber", "TreatmentMachineName"}
CLEANED_NOW = {"ScheduledStudyLocationAETitle", "ScheduledStationAETitle", "PerformedStationAETitle"}


def test_the_basic_profile_is_that_of_2020_but_for_what_later_editions_changed():
    rows = list(rows_of_2020())
    assert len(rows) > 420
    different = {
        keyword_for_tag(tag) for tag, action, _letters in rows if table_action(tag) not in ALLOWED[action]
    }
    assert different == OTHER_ACTIONS


def test_every_cell_of_the_options_in_the_edition_of_2020_is_in_ours():
    checked = 0
    for tag, _action, letters in rows_of_2020():
        for option, letter in letters.items():
            keyword = keyword_for_tag(tag)
            ours = option_columns().get(tag, {}).get(option, "X")  # X: removed in spite of the option
            assert ours == ("C" if keyword in CLEANED_NOW else letter), (keyword, option)
            checked += 1
    assert checked > 250


def test_options_name_only_attributes_that_the_basic_profile_names():
    for tag, letters in option_columns().items():
        assert table_action(tag) is not None, f"{tag:08x}"
        assert set(letters) <= OPTIONS.keys() | ALWAYS.keys()
        assert set(letters.values()) <= {"K", "C"}


@pytest.mark.parametrize("option", ["retain-dates", "shift-dates"])
def test_no_option_of_dates_names_the_birth(option):
    assert not [
        tag
        for tag, letters in option_columns().items()
        if option in letters and tag >> 16 == 0x0010 and tag & 0xFFF0 == 0x0030
    ]


def test_safe_private_elements_are_no_names_dates_or_uids():
    """By the dictionary of private elements that pydicom takes from GDCM."""
    known = 0
    for (group, creator), elements in safe_private().items():
        dictionary = private_dictionaries.get(creator, {})
        for element in elements:
            for key in (f"{group:04X}xx{element:02X}", f"{group:04x}xx{element:02x}"):
                if key in dictionary:
                    assert dictionary[key][0] not in ("PN", "DA", "DT", "UI", "AS", "UR"), (creator, key)
                    known += 1
    assert known > 60
