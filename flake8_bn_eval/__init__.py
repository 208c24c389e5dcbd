"""Follows the modes and gradients of PyTorch modules: a flake8 plugin.

For other front ends: ``analyse(text)`` gives the findings of a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flake8_bn_eval.analysis import analyse as analyse
    from flake8_bn_eval.findings import Finding as Finding
    from flake8_bn_eval.findings import Note as Note
    from flake8_bn_eval.findings import Span as Span
    from flake8_bn_eval.options import Options as Options

__version__ = "0.1.0"
__all__ = ["Finding", "Note", "Options", "Span", "__version__", "analyse"]

_HOMES = {
    "analyse": "analysis",
    "Options": "options",
    "Finding": "findings",
    "Note": "findings",
    "Span": "findings",
}


def __getattr__(name: str) -> Any:
    """Import on first use: flake8 imports this package in every process of every run."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
