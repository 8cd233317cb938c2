"""Diffusion-weighted MR: series with b-values and gradients become volume sequences with a gradient table."""

import logging

import slicer
from slicer.i18n import tr as _

from DICOMLib import DICOMLoadable, DICOMPlugin
from DICOMLib.core.errors import DICOMError, log_failure, reason_for_user
from DICOMLib.mrml import subject_hierarchy
from DICOMLib.mrml.documents import tables
from DICOMLib.mrml.images import tiles
from DICOMLib.mrml.images.volume_groups import Slice, group_volumes
from DICOMLib.mrml.volumes import display, sequence, volume_series
from DICOMLib.plugins.volumes.acquisition import put_volumes_right, warning_of_places
from DICOMLib.standard import diffusion
from DICOMLib.standard.geometry import MissingGeometry, parse_vector

log = logging.getLogger(__name__)

CONFIDENCE = 0.95  # it knows more of the images than the plugin of volume sequences (0.9)
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = ("1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.4.4")


class DICOMDiffusionSequencePluginClass(DICOMPlugin):
    """Offers MR series whose images differ in diffusion weighting."""

    showsPixels = True

    def __init__(self):
        super().__init__()
        self.loadType = _("Diffusion sequence")
        self.tags.update(
            {
                "manufacturer": "0008,0070",
                "imageType": "0008,0008",
                "rows": "0028,0010",
                "columns": "0028,0011",
                "instanceNumber": "0020,0013",
                "position": "0020,0032",
                "orientation": "0020,0037",
                "numberOfFrames": "0028,0008",
                "windowCenter": "0028,1050",
                "windowWidth": "0028,1051",
                **diffusion.TAGS,
            }
        )

    # -- examination

    def examineFiles(self, files):
        """Offer the series as a whole, if it has several volumes and not all of them the same weighting."""
        sopClassUID = self.value(files[0], "sopClassUID") if files else ""
        if len({(self.value(path, "columns"), self.value(path, "rows")) for path in files}) > 1:
            return []
        try:
            if sopClassUID == MR_IMAGE:
                pairs = [pair for number, path in enumerate(files) for pair in self.slicesOf(path, number)]
            elif sopClassUID in ENHANCED_MR:
                pairs = [pair for number, path in enumerate(files) for pair in framesOf(path, number)]
            else:
                return []
        except (MissingGeometry, DICOMError):
            return []
        weightings = {id(one): weighting for one, weighting in pairs}
        if None in weightings.values() or len({weighting.key for weighting in weightings.values()}) < 2:
            return []
        return self.loadablesOf(files, [one for one, _weighting in pairs], weightings)

    def loadablesOf(self, files, slices, weightings):
        """Offer slices of known weighting."""
        first = {}
        for one in sorted(slices, key=lambda one: one.order):
            first.setdefault(weightings[id(one)].key, len(first))
        groups = group_volumes(slices, lambda one: first[weightings[id(one)].key])
        if groups is None:
            return []
        ofVolumes = [weightings[id(volume[0])] for volume in groups.volumes]
        directions = sum(weighting.gradient_lps is not None for weighting in ofVolumes)
        loadable = DICOMLoadable()
        loadable.files = list(files)
        loadable.name = self.defaultSeriesNodeName(self.value(files[0], "seriesInstanceUID"))
        loadable.tooltip = _(
            "{count} diffusion-weighted volumes, {directions} with a gradient direction"
        ).format(count=len(ofVolumes), directions=directions)
        if groups.left_out:
            loadable.warning = _("{count} slices of a volume that is not complete are left out.").format(
                count=groups.left_out
            )
        if groups.fault:
            loadable.warning = f"{loadable.warning} {warning_of_places(groups.fault)}".strip()
        loadable.selected = True
        loadable.confidence = CONFIDENCE
        loadable.groups = groups
        loadable.weightings = ofVolumes
        return [loadable]

    def slicesOf(self, path, number):
        """(slice, weighting) of each slice in a single-frame file; None for an unknown weighting."""
        weighting = diffusion.weighting(
            lambda name: self.value(path, name),
            self.value(path, "manufacturer"),
            self.value(path, "orientation"),
        )
        instance = self.value(path, "instanceNumber")
        order = int(instance) if instance.isdigit() else number
        if tiles.is_tiled(self.value(path, "imageType")):
            return [(one, weighting) for one in volume_series.slices_of_tiled_file(path, order)]
        position = parse_vector(self.value(path, "position"), 3)
        orientation = parse_vector(self.value(path, "orientation"), 6)
        return [(Slice(path, position, orientation, (order, number)), weighting)]

    def explainDecline(self, files):
        """Why files are not offered, for the user."""
        return _("The images are no MR images with different diffusion weightings.")

    # -- loading

    def load(self, loadable):
        """Add a sequence with its browser and the table of gradients, show it, and return the sequence."""
        try:
            node = sequence.add_sequence(
                slicer.mrmlScene, loadable.name, sequence.Index("volume", ""), self.items(loadable)
            )
        except (DICOMError, OSError) as error:
            log_failure(log, "The volumes of the series cannot be read", error, logging.INFO)
            loadable.loadError = reason_for_user(error)
            return None
        sequence.keep_in_sequence_file(node)
        browser = sequence.add_browser([node], loadable.name, 10.0)
        proxy = browser.GetProxyNode(node)
        self.addSeriesInSubjectHierarchy(loadable, proxy)
        if loadable.groups.fault:
            put_volumes_right(proxy, loadable.groups.volumes[0])
        gradients = [(one.b_value, one.gradient_lps) for one in loadable.weightings]
        table = tables.add_gradient_table(slicer.mrmlScene, f"{loadable.name} gradients", gradients)
        node.SetNodeReferenceID("gradientTable", table.GetID())
        subject_hierarchy.add_beside(proxy, [table])
        proxy.CreateDefaultDisplayNodes()
        presets = display.usable_presets(
            self.value(loadable.files[0], "windowCenter"), self.value(loadable.files[0], "windowWidth")
        )
        display.apply_window_level_presets(proxy, presets)
        display.show_in_slice_views(proxy)
        sequence.show_browser(browser)
        return node

    def items(self, loadable):
        """The volumes, read one by one."""
        pairs = zip(loadable.groups.volumes, loadable.weightings, strict=True)
        for number, (slices, weighting) in enumerate(pairs):
            gradient = weighting.gradient_lps or (0.0, 0.0, 0.0)
            yield sequence.Item(
                str(number),
                volume_series.read_slices(slices),
                {
                    **volume_series.origin_of(slices, slicer.dicomDatabase.instanceForFile),
                    "DICOM.DiffusionBValue": f"{weighting.b_value:g}",
                    "DICOM.DiffusionGradientOrientation": " ".join(f"{part:.6g}" for part in gradient),
                },
            )


def framesOf(path, number):
    """(slice, weighting) of each frame of an enhanced image."""
    description = volume_series.description_of(path)
    return [
        (one, diffusion.weighting_of_frame(description, index))
        for index, one in enumerate(volume_series.slices_of_file(path, number))
    ]


class DICOMDiffusionSequencePlugin:
    """The module by which Slicer finds the plugin."""

    def __init__(self, parent):
        parent.title = "DICOM Diffusion Sequence Plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["slicer-dicom contributors"]
        parent.helpText = _("Loads diffusion-weighted series as volume sequences with a gradient table.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMDiffusionSequencePlugin"] = DICOMDiffusionSequencePluginClass
