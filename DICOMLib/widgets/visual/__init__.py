"""The visual browser and its parts."""
