"""The database: CTK's two SQLite files, opened, written and asked."""
