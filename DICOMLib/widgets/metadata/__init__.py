"""The elements of files: a tree to search, compare, copy and export."""
