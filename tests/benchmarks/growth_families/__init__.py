"""Programs of any size, each family a shape for which an analysis may take too long.

A text of size 2n is about twice as long as one of size n, and every text is a program for
PyTorch.  The mode matters everywhere: each model has dropout, is switched and called.
"""

from __future__ import annotations

from growth_families import calls, classes, control, models, projects
from growth_families.writing import FAMILIES, JUDGED, Family, Files

__all__ = [
    "FAMILIES",
    "JUDGED",
    "Family",
    "Files",
    "calls",
    "classes",
    "control",
    "models",
    "projects",
]
