"""The main window: menus, panels, loaded data, console, settings."""
