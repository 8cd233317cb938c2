"""The ctk-like face of the core, one class of CTK per file."""
