"""The section of ``pyproject.toml`` that is ours: its name, and what a mistake in it raises."""

from __future__ import annotations

NAME = "bn-eval"


class ConfigurationError(Exception):
    """A mistake in the section; the message names the file, its line and what would be right."""
