"""Files in and out: import, export, de-identification, links to files that moved."""
