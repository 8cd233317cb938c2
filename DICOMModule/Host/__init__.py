"""A small Qt/VTK application on slicer-core that gives scripted modules the world they expect."""
