"""Segmentations: masks, fractions, concepts, and their way back into files."""
