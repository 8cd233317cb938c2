"""Tests; the folders lie as those of the sources do."""
