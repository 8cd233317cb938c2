"""Volume sequences: series of several volumes at one place (times, echoes, flip angles) become sequences.

What only this plugin takes apart, an image that holds all slices of a volume, becomes one where it is alone.
"""

import functools
import logging
from dataclasses import replace

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.core.errors import DICOMError, log_failure, reason_for_user
from DICOMLib.mrml.database_lookups import values_of_files
from DICOMLib.mrml.images import pet, tiles
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.images.volume_groups import (
    ORDERS,
    Slice,
    group_volumes,
    one_slice_over_time,
    one_volume,
    repeated_places,
)
from DICOMLib.mrml.volumes import display, sequence, volume, volume_series
from DICOMLib.plugins.exporters.volume_sequence import VolumeSequenceExport
from DICOMLib.plugins.volumes.acquisition import put_volumes_right, warning_of_places
from DICOMLib.standard.frame_vectors import detector_of_frame
from DICOMLib.standard.geometry import MissingGeometry, parse_vector

log = logging.getLogger(__name__)

CONFIDENCE = 0.9  # more than one volume (0.5), or the frames of a cine (0.85), may claim
ONE_SLICE_CONFIDENCE = 0.6  # a cine that knows the heartbeat is left to the image sequences

# Images whose frames tell by functional groups where they lie: enhanced and legacy converted CT, MR, PET.
ENHANCED = {f"1.2.840.10008.5.1.4.1.1.{suffix}" for suffix in ("2.1", "2.2", "4.1", "4.4", "130", "128.1")}
# Its frames tell by vectors of which slice and time slot they are.
NUCLEAR_MEDICINE = "1.2.840.10008.5.1.4.1.1.20"
TIMES = ("AcquisitionTime", "ContentTime")


class DICOMVolumeSequencePluginClass(VolumeSequenceExport, DICOMPlugin):
    """Offers series that hold several volumes of the same place as a sequence of volumes."""

    showsPixels = True

    def __init__(self):
        super().__init__()
        self.loadType = _("Volume Sequence")
        self.criteria = {
            "TemporalPositionIdentifier": "0020,0100",
            "DiffusionBValue": "0018,9087",
            "TriggerTime": "0018,1060",
            "EchoTime": "0018,0081",
            "FlipAngle": "0018,1314",
            "InversionTime": "0018,0082",
            "AcquisitionTime": "0008,0032",
            "FrameReferenceTime": "0054,1300",
            "ContentTime": "0008,0033",
        }
        self.tags.update(
            {
                "position": "0020,0032",
                "orientation": "0020,0037",
                "numberOfFrames": "0028,0008",
                "instanceNumber": "0020,0013",
                "imageType": "0008,0008",
                "rows": "0028,0010",
                "columns": "0028,0011",
                "windowCenter": "0028,1050",
                "windowWidth": "0028,1051",
                **{name[0].lower() + name[1:]: tag for name, tag in self.criteria.items()},
            }
        )

    # -- examination

    def examineFiles(self, files):
        """Offer the images of each image type and size that make several volumes of the same place."""
        byKind = {}
        for number, path in enumerate(files):
            imageType = self.value(path, "imageType")
            slices = self.slicesOf(path, number, imageType)
            if slices is None:
                return []
            size = f"{self.value(path, 'columns')} x {self.value(path, 'rows')}"
            byKind.setdefault((imageType, size), []).extend(slices)
        loadables = []
        for kind, slices in byKind.items():
            groups = (
                group_volumes(self.withCriteria(slices))
                or volumeOfOneFile(slices)
                or self.oneSliceOverTime(slices)
            )
            if groups is not None:
                name = self.defaultSeriesNodeName(self.value(files[0], "seriesInstanceUID"))
                loadables.append(self.loadableOf(groups, " - ".join([name, *differing(kind, byKind)])))
        return loadables

    def slicesOf(self, path, number, imageType):
        """The slices of a file; None if it has no place."""
        if tiles.is_tiled(imageType):
            return self.slicesOfTiles(path, number)
        if self.value(path, "numberOfFrames") not in ("", "1"):
            sopClassUID = self.value(path, "sopClassUID")
            if sopClassUID not in ENHANCED and not (sopClassUID == NUCLEAR_MEDICINE and hasSlices(path)):
                return None
            return volume_series.slices_of_file(path, number)
        try:
            position = parse_vector(self.value(path, "position"), 3)
            orientation = orientationOf(self.value(path, "orientation"))
        except MissingGeometry:
            return None
        order = (numberOf(self.value(path, "instanceNumber")) or 0.0, float(number))
        return [Slice(path, position, orientation, order)]

    def withCriteria(self, slices):
        """Slices with what may tell their volumes apart, which is asked only where there may be several."""
        if not repeated_places(slices):
            return slices
        return [
            replace(one, values=self.criteriaOf(one.source)) if isinstance(one.source, str) else one
            for one in slices
        ]

    def oneSliceOverTime(self, slices):
        """Slices at one place, if they are counted by time; None of others."""
        orders = {name: self.criteria[name] for name in ORDERS if name in self.criteria}
        first = slices[0]
        if isinstance(first.source, str):
            if not any(slicer.dicomDatabase.fileValue(first.source, tag) for tag in orders.values()):
                return None
            slices = [replace(one, values=self.criteriaOf(one.source)) for one in slices]
        return one_slice_over_time(slices)

    def slicesOfTiles(self, path, number):
        """The slices that lie side by side in a file; None if it does not tell where."""
        instance = numberOf(self.value(path, "instanceNumber"))
        try:
            return volume_series.slices_of_tiled_file(path, instance or number, self.criteriaOf(path))
        except DICOMError:
            return None

    def criteriaOf(self, path):
        """What may tell the volume of a file from others."""
        values = {}
        for name, tag in self.criteria.items():
            text = slicer.dicomDatabase.fileValue(path, tag)
            value = numberOf(text, volume_series.seconds_of if name in TIMES else float)
            if value is not None:
                values[name] = value
        return values

    def loadableOf(self, groups, name):
        """Offer the volumes of a series."""
        loadable = DICOMLoadable()
        loadable.files = list(
            dict.fromkeys(volume_series.path_of(one) for volume in groups.volumes for one in volume)
        )
        loadable.name = name.replace("\\", "-").replace("/", "-")
        if len(groups.volumes) == 1:
            told = _("A volume of {slices} slices, which lie side by side in one image")
        else:
            told = _("{count} volumes of {slices} slices, by {index}")
        loadable.tooltip = told.format(
            count=len(groups.volumes), slices=len(groups.volumes[0]), index=groups.index.name
        )
        if groups.left_out:
            loadable.warning = _("{count} slices of a volume that is not complete are left out.").format(
                count=groups.left_out
            )
        if groups.fault:
            loadable.warning = f"{loadable.warning} {warning_of_places(groups.fault)}".strip()
        loadable.selected = True
        isOneSlice = len(groups.volumes) > 1 and len(groups.volumes[0]) == 1
        loadable.confidence = ONE_SLICE_CONFIDENCE if isOneSlice else CONFIDENCE
        loadable.groups = groups
        return loadable

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        return _("The images do not lie at the same places several times.")

    # -- loading

    def load(self, loadable):
        """Add a sequence of volumes with its browser, or one volume; show it, and return it."""
        groups = loadable.groups
        try:
            if len(groups.volumes) == 1:
                return self.loadVolume(loadable)
            node = sequence.add_sequence(slicer.mrmlScene, loadable.name, groups.index, self.items(loadable))
        except (DICOMError, OSError) as error:
            log_failure(log, "The volumes of the series cannot be read", error, logging.INFO)
            loadable.loadError = reason_for_user(error)
            return None
        sequence.keep_in_sequence_file(node)
        seconds = groups.index_values if groups.index.name == "time" else []
        browser = sequence.add_browser([node], loadable.name, sequence.frame_rate(seconds))
        proxy = browser.GetProxyNode(node)
        self.addSeriesInSubjectHierarchy(loadable, proxy)
        if groups.fault:
            put_volumes_right(proxy, groups.volumes[0])
        self.showProxy(proxy, loadable.files)
        sequence.show_browser(browser)
        return node

    def loadVolume(self, loadable):
        """Add the slices of one image as a volume, and return it."""
        (slices,) = loadable.groups.volumes
        node = volume.add_volume_node(slicer.mrmlScene, volume_series.read_slices(slices), loadable.name)
        volume.make_right_handed(node)
        (path,) = loadable.files
        node.SetAttribute("DICOM.instanceUIDs", slicer.dicomDatabase.instanceForFile(path))
        node.SetAttribute("DICOM.instanceNumbers", self.value(path, "instanceNumber") or "?")
        quantity, units = self.mapSOPClassUIDToDICOMQuantityAndUnits(self.value(path, "sopClassUID"))
        if quantity is not None:
            node.SetVoxelValueQuantity(quantity)
            node.SetVoxelValueUnits(units)
        self.addSeriesInSubjectHierarchy(loadable, node)
        self.showProxy(node, loadable.files)
        return node

    def items(self, loadable):
        """The volumes, read one by one."""
        groups = loadable.groups
        times = self.acquisitionTimes(loadable.files)
        for value, slices in zip(groups.index_values, groups.volumes, strict=True):
            path = volume_series.path_of(slices[0])
            describePet = functools.partial(pet.describe, path=path, acquisition_times=times)
            yield sequence.Item(
                f"{value:.3f}".rstrip("0").rstrip("."),
                volume_series.read_slices(slices),
                volume_series.origin_of(slices, slicer.dicomDatabase.instanceForFile),
                describePet if self.isPet(path) else None,
            )

    def acquisitionTimes(self, files):
        """When each file was acquired."""
        return values_of_files(slicer.dicomDatabase, files, self.tags["acquisitionTime"])[0]

    def isPet(self, path):
        """Whether a file is a PET image."""
        return self.mapSOPClassUIDToModality(self.value(path, "sopClassUID")) == "PT"

    def showProxy(self, proxy, files):
        """Show a volume with the windows that the middle file tells."""
        proxy.CreateDefaultDisplayNodes()
        path = files[len(files) // 2]
        presets = display.usable_presets(self.value(path, "windowCenter"), self.value(path, "windowWidth"))
        if self.isPet(path):
            display.use_pet_heat(proxy)
            pet.describe(proxy, files[0], self.acquisitionTimes(files))
        display.apply_window_level_presets(proxy, presets)
        display.show_in_slice_views(proxy)


def volumeOfOneFile(slices):
    """The slices that lie side by side in one file, as the only volume; None of others."""
    if not all(isinstance(one.source, tiles.Tile) for one in slices):
        return None
    return one_volume(slices) if len({volume_series.path_of(one) for one in slices}) == 1 else None


def hasSlices(path):
    """Whether an image of nuclear medicine tells of which slice each frame is, and where slices lie."""
    dataset = read_dataset(path, only=["SliceVector", "DetectorVector", "DetectorInformationSequence"])
    return "SliceVector" in dataset and "ImagePositionPatient" in detector_of_frame(dataset, 0)


def differing(kind, kinds):
    """Those parts of a kind that not all kinds have alike."""
    return [part for part, column in zip(kind, zip(*kinds, strict=True), strict=True) if len(set(column)) > 1]


@functools.lru_cache(maxsize=64)  # most images of a series have the same; nobody changes it
def orientationOf(text):
    """The cosines of an image.

    Raises
    ------
    MissingGeometry
        If the text holds anything but six numbers.
    """
    return parse_vector(text, 6)


def numberOf(text, convert=float):
    """The number that a text stands for; None if it is none."""
    try:
        return convert(text) if text else None
    except ValueError:
        return None


class DICOMVolumeSequencePlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Volume Sequence Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads series of several volumes as volume sequences.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMVolumeSequencePlugin"] = DICOMVolumeSequencePluginClass
