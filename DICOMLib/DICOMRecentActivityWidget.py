"""Slicer's list of series that came into the database of late."""

from DICOMLib.widgets.browsing.recent_activity import DICOMRecentActivityWidget
