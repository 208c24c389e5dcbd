"""Judging files, many at once, and remembering what was found."""
