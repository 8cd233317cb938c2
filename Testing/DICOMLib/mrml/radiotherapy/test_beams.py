"""Beams of plans, ion plans included, and what is taken where the plan is silent."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from DICOMLib.mrml.documents.tables import numbered
from DICOMLib.mrml.radiotherapy.beams import read_beams
from DICOMLib.mrml.radiotherapy.dose import isodose_levels

pytestmark = pytest.mark.mrml


def item(**attributes):
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def test_ion_plan():
    point = item(
        GantryAngle=90.0, NominalBeamEnergy=150.0, IsocenterPosition=[1.0, 2.0, 3.0], PatientSupportAngle=0.0
    )
    beam = item(
        BeamNumber=4,
        BeamName="Proton",
        RadiationType="PROTON",
        VirtualSourceAxisDistances=[2300.0, 2000.0],
        IonControlPointSequence=[point, point],
    )
    (found,) = read_beams(item(IonBeamSequence=[beam]))
    assert (found.number, found.name, found.energy, found.control_points) == (4, "Proton", 150.0, 2)
    assert np.allclose(found.source_lps, (1 + 2300, 2, 3))


def test_a_beam_that_tells_little():
    beam = item(BeamNumber=1, ControlPointSequence=[item()])
    (found,) = read_beams(item(BeamSequence=[beam, item(BeamNumber=2)]))
    assert (found.name, found.gantry_degrees, found.source_axis_distance) == ("Beam 1", 0.0, 1000.0)
    assert found.isocentre_lps is None
    assert found.source_lps is None


def test_position_of_the_patient_is_that_of_the_setup_of_the_beam():
    setups = [
        item(PatientSetupNumber=1, PatientPosition="HFS"),
        item(PatientSetupNumber=2, PatientPosition="HFP"),
    ]
    point = item(GantryAngle=0.0, IsocenterPosition=[0.0, 0.0, 0.0])
    beams = [item(BeamNumber=n, ReferencedPatientSetupNumber=n, ControlPointSequence=[point]) for n in (1, 2)]
    supine, prone = read_beams(item(BeamSequence=beams, PatientSetupSequence=setups))
    assert np.allclose(supine.source_lps, (0, -1000, 0))
    assert np.allclose(prone.source_lps, (0, 1000, 0))


def test_field_widens_with_depth():
    jaws = item(RTBeamLimitingDeviceType="ASYMX", LeafJawPositions=[-10.0, 30.0])
    point = item(IsocenterPosition=[0.0, 0.0, 0.0], BeamLimitingDevicePositionSequence=[jaws])
    (beam,) = read_beams(item(BeamSequence=[item(BeamNumber=1, ControlPointSequence=[point])]))
    assert np.allclose(beam.corners_lps()[:, 0], (-10, 30, 30, -10))
    assert np.allclose(beam.corners_lps(2.0)[:, 0], (-20, 60, 60, -20))
    assert np.allclose(beam.corners_lps(2.0)[:, 1], 1000)  # a source diameter behind the patient


def test_isodose_levels():
    doses = [dose for dose, _ in isodose_levels(50.0)]
    assert doses == [5, 15, 25, 35, 40, 45, 47.5, 50, 52.5, 55]
    assert isodose_levels(0.0) == []


def test_names_that_come_again_are_numbered():
    assert numbered(["a", "b", "a", "a"]) == ["a", "b", "a (1)", "a (2)"]
