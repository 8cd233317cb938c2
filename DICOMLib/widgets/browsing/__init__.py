"""The browser of a database: its tool bar and folder, and what can be done with the selection."""
