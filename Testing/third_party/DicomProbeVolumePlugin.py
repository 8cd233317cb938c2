"""A plugin for the files of one maker: the volume of an ultrasound probe is in private elements.

One kind of file is decoded with NumPy, the other by a program of its own that writes an image file.
"""

import os
import shutil

import numpy as np
import pydicom
import slicer
import vtk
import vtk.util.numpy_support
from slicer.ScriptedLoadableModule import *

from DICOMLib import DICOMLoadable, DICOMPlugin

CONVERTER = """
import sys
header, data = open(sys.argv[1], "rb").read().split(b"\\n\\n", 1)
print("converting")
open(sys.argv[2], "wb").write(header + b"\\n\\n" + bytes(255 - value for value in data))
"""


class DicomProbeVolumePluginClass(DICOMPlugin):
    CREATOR = "PROBE MAKER"

    def __init__(self):
        super().__init__()
        self.loadType = "Probe volume"
        self.tags["manufacturer"] = "0008,0070"

    def examineForImport(self, fileLists):
        loadables = []
        for files in fileLists:
            for file in files:
                if slicer.dicomDatabase.fileValue(file, self.tags["manufacturer"]) != self.CREATOR:
                    continue
                ds = pydicom.dcmread(file, stop_before_pixels=True)
                sizeTag = self.findPrivateTag(ds, 0x7FE1, 0x10, self.CREATOR)
                if sizeTag is None:
                    continue
                for inverted in (False, True):
                    loadable = DICOMLoadable()
                    loadable.files = [file]
                    loadable.inverted = inverted
                    loadable.name = "Probe" + (" inverted" if inverted else "")
                    loadable.tooltip = "%s, %s" % (self.loadType, self.currentDateTime)
                    loadable.confidence = 0.8 - 0.3 * inverted
                    loadable.selected = not inverted
                    loadables.append(loadable)
        return loadables

    def readVolume(self, file):
        ds = pydicom.dcmread(file)
        size = [int(value) for value in ds[self.findPrivateTag(ds, 0x7FE1, 0x10, self.CREATOR)].value]
        spacing = [float(value) for value in ds[self.findPrivateTag(ds, 0x7FE1, 0x11, self.CREATOR)].value]
        data = ds[self.findPrivateTag(ds, 0x7FE1, 0x12, self.CREATOR)].value
        return np.frombuffer(data, np.uint8).reshape(size[::-1]), spacing

    def load(self, loadable):
        voxels, spacing = self.readVolume(loadable.files[0])
        if loadable.inverted:
            volumeNode = self.loadByProgram(voxels)
        else:
            image = vtk.vtkImageData()
            image.SetDimensions(voxels.shape[::-1])
            image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
            scalars = vtk.util.numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())
            scalars[:] = voxels.ravel()
            volumeNode = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
            volumeNode.SetAndObserveImageData(image)
        volumeNode.SetName(slicer.mrmlScene.GenerateUniqueName(loadable.name))
        volumeNode.SetSpacing(spacing)
        volumeNode.SetIJKToRASDirections(-1, 0, 0, 0, -1, 0, 0, 0, 1)
        volumeNode.CreateDefaultDisplayNodes()
        slicer.modules.volumes.logic().CenterVolume(volumeNode)
        self.addSeriesInSubjectHierarchy(loadable, volumeNode)
        slicer.util.setSliceViewerLayers(background=volumeNode)
        return volumeNode

    def loadByProgram(self, voxels):
        self.tempDir = slicer.util.tempDirectory()
        source = os.path.join(self.tempDir, "source.nrrd")
        target = os.path.join(self.tempDir, "target.nrrd")
        header = (
            "NRRD0004\ntype: uint8\ndimension: 3\nsizes: %d %d %d\nencoding: raw\n\n" % voxels.shape[::-1]
        )
        with open(source, "wb") as file:
            file.write(header.encode() + voxels.tobytes())
        program = [shutil.which("PythonSlicer"), "-c", CONVERTER, source, target]
        process = slicer.util.launchConsoleProcess(program)
        slicer.util.logProcessOutput(process)
        process.stdout.close()
        return slicer.util.loadVolume(target, properties={"show": False, "singleFile": True})


class DicomProbeVolumePlugin(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = "Probe volume plugin"
        self.parent.hidden = True
        slicer.modules.dicomPlugins["DicomProbeVolumePlugin"] = DicomProbeVolumePluginClass
