"""Jupyter notebooks as Python programs: one program a notebook, so that modes flow through it."""
