"""Displayed fields: rules that turn cached tags into the columns of the browser."""
