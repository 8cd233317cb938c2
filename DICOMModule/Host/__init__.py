"""A small Qt/VTK application on slicer-core that gives scripted modules the world they expect."""

import sys

# Scripts of Slicer count with the enumerations of Qt; PySide6 looks at this when it is first imported.
sys.pyside6_option_python_enum = 0x3  # type: ignore[attr-defined]
