"""Slicer's script functions and classes around plugins: loading, patients, temporary databases, exporters."""
