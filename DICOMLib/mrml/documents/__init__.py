"""Reports, presentation states, encapsulated files and scenes."""
