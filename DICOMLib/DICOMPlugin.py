"""Slicer's file of the plugin base class and the loadable."""

from __future__ import annotations

import logging
import os

import slicer

from DICOMLib.plugins.base import DICOMPlugin
from DICOMLib.plugins.loadable import DICOMLoadable
