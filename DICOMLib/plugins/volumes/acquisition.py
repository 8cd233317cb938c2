"""Whether the slices of a loaded volume lie where they were acquired."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import slicer

from DICOMLib.mrml.database_lookups import values_of_instances
from DICOMLib.mrml.images.volume_groups import Slice
from DICOMLib.mrml.volumes import regularize
from DICOMLib.mrml.volumes.sequence import straighten_items
from DICOMLib.mrml.volumes.straighten import is_sheared, straighten
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of
from DICOMLib.plugins import preferences
from DICOMLib.plugins.volumes.slices import REGULARIZATION_KEY

log = logging.getLogger(__name__)

PUT_RIGHT = "A transform puts the slices of the volumes to where they were acquired. {fault}"
LEFT_WRONG = "The slices of the volumes will lie at even distances, which is wrong: {fault}"


class AcquisitionModeling:
    """Compares the slices of a volume with their headers, and puts the difference right."""

    def __init__(self, cornerEpsilon: float = 1e-3, zeroEpsilon: float = 1e-6) -> None:
        self.cornerEpsilon = cornerEpsilon
        self.zeroEpsilon = zeroEpsilon
        self.originalCorners: np.ndarray | None = None
        self.targetCorners: np.ndarray | None = None
        self.fixedCorners: np.ndarray | None = None
        self.transformNode: Any = None

    def createAcquisitionTransform(
        self,
        volumeNode: Any,
        addAcquisitionTransformIfNeeded: bool = True,
        geometry: Sequence[Sequence[str]] | None = None,
    ) -> None:
        """Put the volume under a transform if its slices are not where they were acquired.

        Parameters
        ----------
        volumeNode
            Its attribute DICOM.instanceUIDs names the instances of the slices.
        addAcquisitionTransformIfNeeded
            Whether there may be a transform; the log tells of the difference otherwise.
        geometry
            The values of `regularize.GEOMETRY` of the slices, one list for each tag; asked of the database
            by default.
        """
        self.originalCorners = regularize.corners_of_volume(volumeNode)
        uids = (volumeNode.GetAttribute("DICOM.instanceUIDs") or "").split()
        size = volumeNode.GetImageData().GetDimensions()
        if geometry is None:
            geometry = values_of_instances(slicer.dicomDatabase, uids, *regularize.GEOMETRY)
        self.targetCorners = regularize.corners_of_instances(geometry, size)
        if self.targetCorners is None:
            return
        difference = np.abs(self.originalCorners - self.targetCorners).max()
        if difference <= self.cornerEpsilon:
            if difference > self.zeroEpsilon:
                log.debug("Slices are up to %g mm from where they were acquired.", difference)
            return
        if not addAcquisitionTransformIfNeeded:
            log.warning("Slices are up to %g mm from where they were acquired.", difference)
            return
        self.transformNode = regularize.add_grid_transform(
            volumeNode, self.originalCorners, self.targetCorners
        )
        self.fixedCorners = regularize.to_world(volumeNode, self.originalCorners)
        if not np.allclose(self.fixedCorners, self.targetCorners):
            raise RuntimeError("The acquisition transform does not move slices to where they belong.")

    def harden(self, volumeNode: Any) -> None:
        """Resample the volume through the transform, which is then no longer needed, and at right angles."""
        if self.transformNode is not None:
            volumeNode.HardenTransform()
            slicer.mrmlScene.RemoveNode(self.transformNode)
            self.transformNode = None
        if is_sheared(ijk_to_ras_of(volumeNode)):
            straighten(volumeNode)


def put_slices_right(node: Any, geometry: Sequence[Sequence[str]]) -> None:
    """Put slices to where they were acquired, in the way that the settings of scalar volumes tell.

    Parameters
    ----------
    node
        The volume node.
    geometry
        The values of `regularize.GEOMETRY` of the slices, one list for each tag.
    """
    way = preferences.text(REGULARIZATION_KEY, "default")
    modeling = AcquisitionModeling()
    modeling.createAcquisitionTransform(node, way != "none", geometry)
    if way == "hardenTransform":
        modeling.harden(node)


def warning_of_places(fault: str) -> str:
    """What a user should know of the volumes of a sequence, in whose places something is wrong."""
    told = PUT_RIGHT if preferences.text(REGULARIZATION_KEY, "default") != "none" else LEFT_WRONG
    return told.format(fault=fault)


def put_volumes_right(proxy: Any, slices: Sequence[Slice]) -> None:
    """Put the volumes of a sequence to where they were acquired, as the settings of scalar volumes tell.

    Parameters
    ----------
    proxy
        The node that shows the volumes one after the other.
    slices
        Of one volume; the others lie at the same places.
    """
    column, row, _slice = proxy.GetSpacing()
    vectors = [(one.position, one.orientation, (row, column)) for one in slices]
    geometry = [
        ["\\".join(map(str, map(float, part))) for part in parts] for parts in zip(*vectors, strict=True)
    ]
    way = preferences.text(REGULARIZATION_KEY, "default")
    AcquisitionModeling().createAcquisitionTransform(proxy, way != "none", geometry)
    if way == "hardenTransform":
        browser = slicer.modules.sequences.logic().GetFirstBrowserNodeForProxyNode(proxy)
        straighten_items(browser, browser.GetSequenceNode(proxy))
