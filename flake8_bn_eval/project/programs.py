"""The lowered files of a project, each parsed once in a process while its text is the same."""

from __future__ import annotations

import ast
from collections import OrderedDict
from functools import lru_cache
from hashlib import blake2b

from flake8_bn_eval import source
from flake8_bn_eval.findings import Span
from flake8_bn_eval.lower.program import lower_module
from flake8_bn_eval.operations import MOST_PLACES, Program
from flake8_bn_eval.process import without_garbage_collection

MOST_KEPT = 128

_kept: OrderedDict[tuple[int, str], Program] = OrderedDict()


def base_of(path: str) -> int:
    """The first place of a file: the same in every run, and hardly that of another file."""
    digest = blake2b(path.encode(errors="surrogatepass"), digest_size=4).digest()
    return (int.from_bytes(digest, "big") + 1) * MOST_PLACES


def lowered(path: str, text: str, tree: ast.Module | None = None) -> Program:
    """The program of a file of a project, from the root of which the path is written.

    A file of no project has no path.

    Raises `source.UnparsableError` for text that is not parsed or nests too deeply.
    """
    key = base_of(path) if path else 0, text
    known = _kept.pop(key, None)
    if known is None:
        with without_garbage_collection():
            # The tree goes before anybody looks for garbage: walking it would cost a tenth.
            known = lower_module(text, tree or source.parse(text), key[0])
    _kept[key] = known
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
    return known


@lru_cache(maxsize=MOST_KEPT)
def located(path: str, text: str) -> list[Span]:
    """Where the places of a file of a project are."""
    return source.spans(text, lowered(path, text).positions)


def forget() -> None:
    """Parse every file anew from now on."""
    _kept.clear()
    located.cache_clear()
