"""Plugin architecture: base class, loadables, examine, choose, load, export."""
