"""From the selection to the scene: examine, choose, ask for references, load, explain."""
