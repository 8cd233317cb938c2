"""Image files: how their pixels are stored, decoded and scaled, and which frames belong together."""
