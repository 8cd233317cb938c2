"""Coded properties of segments as Slicer's terminology entries."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import slicer

from DICOMLib.mrml.codes import Code
from DICOMLib.mrml.segmentation.segments import DEFAULT_COLOUR, SegmentDescription

# Contexts of codes that no loaded list has.
MASTER_TERMINOLOGY = "Segmentation category and type - DICOM master list"
MASTER_REGIONS = "Anatomic codes - DICOM master list"


def load_contexts(name: str, segments: Sequence[SegmentDescription]) -> tuple[str, str]:
    """Make the codes of these segments a terminology and a region context of their own.

    Parameters
    ----------
    name
        What the contexts are called.
    segments
        Whose codes they hold.

    Returns
    -------
    tuple
        Names of the terminology and of the region context; those of the DICOM master lists where the logic
        takes none.
    """
    logic = slicer.app.applicationLogic().GetModuleLogic("Terminologies")
    if logic is None:
        return MASTER_TERMINOLOGY, MASTER_REGIONS
    with tempfile.TemporaryDirectory(dir=slicer.app.temporaryPath) as folder:
        path = Path(folder) / "segments.json"
        path.write_text(json.dumps(descriptor(segments)), encoding="utf-8")
        has_types = logic.LoadTerminologyFromSegmentDescriptorFile(name, str(path))
        has_regions = logic.LoadRegionContextFromSegmentDescriptorFile(name, str(path))
    return (name if has_types else MASTER_TERMINOLOGY), (name if has_regions else MASTER_REGIONS)


def descriptor(segments: Sequence[SegmentDescription]) -> dict[str, Any]:
    """The segments in the form of dcmqi's segment descriptors (schema "seg-schema.json")."""
    return {"segmentAttributes": [[_attributes(segment)] for segment in segments]}


def _attributes(segment: SegmentDescription) -> dict[str, Any]:
    colour = segment.colour or DEFAULT_COLOUR
    attributes: dict[str, Any] = {
        "labelID": segment.number,
        "SegmentLabel": segment.label,
        "SegmentDescription": segment.description,
        "SegmentAlgorithmType": segment.algorithm_type,
        "SegmentAlgorithmName": segment.algorithm_name,
        "recommendedDisplayRGBValue": [round(255 * part) for part in colour],
    }
    codes = {
        "SegmentedPropertyCategoryCodeSequence": segment.category,
        "SegmentedPropertyTypeCodeSequence": segment.kind,
        "SegmentedPropertyTypeModifierCodeSequence": segment.modifier,
        "AnatomicRegionSequence": segment.region,
        "AnatomicRegionModifierSequence": segment.region_modifier,
    }
    attributes |= {name: _json(code) for name, code in codes.items() if code.value}
    return attributes


def _json(code: Code) -> dict[str, str]:
    return {"CodeValue": code.value, "CodingSchemeDesignator": code.scheme, "CodeMeaning": code.meaning}


def terminology_entry(segment: SegmentDescription, terminology: str, regions: str) -> str:
    """The text of the segment tag "TerminologyEntry"."""
    return str(
        slicer.vtkSlicerTerminologiesModuleLogic.SerializeTerminologyEntry(
            terminology,
            *segment.category,
            *segment.kind,
            *segment.modifier,
            regions if segment.region.value else "",
            *segment.region,
            *segment.region_modifier,
        )
    )
