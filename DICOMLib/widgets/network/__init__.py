"""Servers, queries, transfers and jobs in the window."""
