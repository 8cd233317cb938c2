"""What plugins that read volumes share: parts of a series, order of its files, acquisition, settings."""
