"""Volume and sequence nodes: geometry, display, resampling, and their way back into files."""
