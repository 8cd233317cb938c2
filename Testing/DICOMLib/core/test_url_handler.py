"""What would be written into the registry of Windows."""

from __future__ import annotations

from DICOMLib.core.url_handler import registry_values


def test_registry_values():
    values = registry_values("Slicer", "C:/Program Files/Slicer.exe")
    assert values["Slicer"] == {"": "URL:Slicer link", "URL Protocol": ""}
    assert values["Slicer\\shell\\open\\command"] == {"": '"C:\\Program Files\\Slicer.exe" "%1"'}
    assert values[".mrb"] == values[".mrml"] == {"": "Slicer"}
