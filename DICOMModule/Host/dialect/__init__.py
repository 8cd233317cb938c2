"""The names and manners that scripts of Slicer expect: qt, ctk, vtk, slicer."""
