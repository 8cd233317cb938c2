"""Sequences of volumes: the node that holds the items, and the browser that plays them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import slicer

from DICOMLib.core.errors import DICOMError
from DICOMLib.mrml.volumes.straighten import is_sheared, straighten
from DICOMLib.mrml.volumes.volume import Volume, add_volume_node, ijk_to_ras_of

# Numbers that differ by no more than this are one value to a sequence node, and hold one item.
SAME_VALUE = 1e-3


@dataclass(frozen=True, slots=True)
class Index:
    """What tells the items of a sequence from each other.

    Parameters
    ----------
    name, unit
        As they are shown: "time", "s".
    is_numeric
        Whether the values are numbers.
    """

    name: str = "frame"
    unit: str = ""
    is_numeric: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """One volume of a sequence.

    Parameters
    ----------
    value
        Of the index, as text.
    volume
        Voxels and place.
    attributes
        Attributes of the node.
    describe
        Is called with the node, and tells what its voxels are.
    """

    value: str
    volume: Volume
    attributes: dict[str, str] = field(default_factory=dict)
    describe: Callable[[Any], object] | None = None


def are_distinct(values: Sequence[float]) -> bool:
    """Whether each of the values, written with three decimals, can have an item of its own."""
    gaps = np.diff(np.sort(np.round(values, 3)))
    return bool((gaps > 1.5 * SAME_VALUE).all())


def add_sequence(scene: Any, name: str, index: Index, items: Iterable[Item]) -> Any:
    """Add a sequence node of a name that no other node has; the voxels of its items are not copied.

    Nothing of it stays in the scene if an item cannot be made.

    Raises
    ------
    DICOMError
        If two items have the same value: the later would take the place of the earlier.
    """
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", scene.GenerateUniqueName(name))
    sequence.SetIndexName(index.name)
    sequence.SetIndexUnit(index.unit)
    kind = sequence.NumericIndex if index.is_numeric else sequence.TextIndex
    sequence.SetIndexType(kind)
    try:
        for item in items:
            _add_item(sequence, name, item)
    except BaseException:
        scene.RemoveNode(sequence)
        raise
    return sequence


def _add_item(sequence: Any, name: str, item: Item) -> None:
    scene = sequence.GetScene()
    node = add_volume_node(scene, item.volume, name)
    for key, value in item.attributes.items():
        node.SetAttribute(key, value)
    display = node.GetDisplayNode()
    empty = scene.CreateNodeByClass(node.GetClassName())
    empty.UnRegister(None)
    before = sequence.GetNumberOfDataNodes()
    sequence.SetDataNodeAtValue(empty, item.value)  # copies deeply, so the voxels come later
    if sequence.GetNumberOfDataNodes() == before:
        raise DICOMError(f"Two items of the sequence have the same {sequence.GetIndexName()}, {item.value}.")
    sequence.UpdateDataNodeAtValue(node, item.value, True)
    if item.describe is not None:
        item.describe(sequence.GetDataNodeAtValue(item.value))  # units are not copied from node to node
    scene.RemoveNode(node)
    scene.RemoveNode(display)


def keep_in_sequence_file(sequence: Any) -> None:
    """Let the sequence be saved as one file of all its volumes."""
    storage = slicer.vtkMRMLVolumeSequenceStorageNode()
    sequence.GetScene().AddNode(storage)
    sequence.SetAndObserveStorageNodeID(storage.GetID())


def remove_sequence(sequence: Any) -> None:
    """Take a sequence out of its scene, with what stores it."""
    scene, storage = sequence.GetScene(), sequence.GetStorageNode()
    scene.RemoveNode(sequence)
    if storage is not None:
        scene.RemoveNode(storage)


def add_browser(sequences: Sequence[Any], name: str, frames_per_second: float) -> Any:
    """Add a browser that plays sequences together, and show its first item.

    Returns
    -------
    vtkMRMLSequenceBrowserNode
        It has a proxy node for each sequence.
    """
    scene = sequences[0].GetScene()
    browser = scene.AddNewNodeByClass(
        "vtkMRMLSequenceBrowserNode", scene.GenerateUniqueName(f"{name} browser")
    )
    browser.SetPlaybackRateFps(frames_per_second)
    for sequence in sequences:
        browser.AddSynchronizedSequenceNode(sequence)
    browser.SelectFirstItem()
    slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(browser)
    return browser


def show_browser(browser: Any) -> None:
    """Offer to play it, in the tool bar of the Sequences module."""
    module = slicer.modules.sequences
    module.setToolBarActiveBrowserNode(browser)
    module.showSequenceBrowser(browser)


def frame_rate(seconds: Sequence[float], default: float = 10.0) -> float:
    """Items per second, if they lie at these times; the default where time does not advance."""
    if len(seconds) < 2 or not seconds[-1] > seconds[0]:
        return default
    return (len(seconds) - 1) / (seconds[-1] - seconds[0])


def straighten_items(browser: Any, sequence: Any) -> None:
    """Resample all volumes of a sequence through the transform above its proxy, and at right angles.

    The transform, which is no longer needed then, is removed.
    """
    proxy = browser.GetProxyNode(sequence)
    scene, transform = proxy.GetScene(), proxy.GetParentTransformNode()
    for index in range(sequence.GetNumberOfDataNodes()):
        _straighten_item(sequence, index, transform, scene)
    if transform is not None:
        proxy.SetAndObserveTransformNodeID(None)
        scene.RemoveNode(transform)
    slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(browser)


def _straighten_item(sequence: Any, index: int, transform: Any, scene: Any) -> None:
    item = sequence.GetNthDataNode(index)
    quantity, units = item.GetVoxelValueQuantity(), item.GetVoxelValueUnits()
    node = scene.AddNewNodeByClass(item.GetClassName())
    node.CopyContent(item)
    if transform is not None:
        node.SetAndObserveTransformNodeID(transform.GetID())
        node.HardenTransform()
    if is_sheared(ijk_to_ras_of(node)):
        straighten(node)
    sequence.UpdateDataNodeAtValue(node, sequence.GetNthIndexValue(index), True)
    item.SetVoxelValueQuantity(quantity)  # these are not copied from node to node
    item.SetVoxelValueUnits(units)
    scene.RemoveNode(node)
