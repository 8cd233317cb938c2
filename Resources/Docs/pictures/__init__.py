"""The states of which `make_pictures.py` takes pictures."""
