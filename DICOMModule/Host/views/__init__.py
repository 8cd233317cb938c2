"""The views of the scene: layout, slice and 3D views, their bars and menus."""
