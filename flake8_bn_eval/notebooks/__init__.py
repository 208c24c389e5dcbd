"""Jupyter notebooks as Python programs: one program a notebook, so that modes flow through it."""

NBQA_SEPARATOR = "# %%NBQA-CELL-SEP"
"""What the comment begins with that nbqa puts before every cell."""
