"""Whether anything in a project may compute differently in its two modes.

A module that a caller gives may be of any class.  Where no file of the project mentions a layer
that reacts to its mode, nor a library that has some, its class reacts to none either.
"""

from __future__ import annotations

import re

from flake8_bn_eval.interpret.records import ForwardCall, Recorder
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.packages import MAKING_NO_MODELS, PACKAGES_OF_TABLE, PARTS_WITH_MODELS
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.modes.objects import Sensitivity
from flake8_bn_eval.project.components import Components
from flake8_bn_eval.project.definitions import Definitions
from flake8_bn_eval.project.tree import Tree

READING_MODE = (".training", "ropout", "track_running_stats")
"""Classes that read their own flag, dropout however it is made, and norms with statistics."""
LOADING = (b"hub.load", b"jit.load")
"""Models of strangers."""
BASE = "Module"
BATCH_NORM = "BatchNorm"
"""A part of the names of its kinds: ``SynchronizedBatchNorm2d``."""
_PACKAGES = sorted(
    package
    for table, packages in PACKAGES_OF_TABLE.items()
    if table not in MAKING_NO_MODELS
    for package in packages.split()
)
_TELLING_APART = re.compile(rb"(?:\bisinstance|\.find|\bclassname)\b[^\n]*")
"""Weights are often initialised by the classes of layers that there may be none of."""
_IMPORT = re.compile(
    rf"^[ \t]*(?:from|import)\b[^\n#]*?\b({'|'.join(_PACKAGES)})\b".encode(), re.MULTILINE
)


def note_indifference(
    seen: Recorder, path: str, components: Components, knowledge: Knowledge
) -> None:
    """Note of modules of the project, and with parts from it, that no mode matters to them."""
    unknown = [each for each in seen.forward_calls if _is_of_project(each)]
    if not unknown:
        return
    definitions = components.definitions
    if _may_react(components.of(path), definitions.tree, knowledge):
        unknown = [each for each in unknown if _is_of_what_is_imported(each, seen)]
        if not unknown or _may_import_what_reacts(path, definitions, knowledge):
            return
    for record in unknown:
        record.sensitive = Sensitivity.NO


def _is_of_project(record: ForwardCall) -> bool:
    """Whether what is not known of a module is what others of the project have put into it."""
    if record.sensitive is not Sensitivity.UNKNOWN:
        return False
    of_torch = record.library is not None and record.library.startswith("torch.nn.")
    return record.modes.must_be(Mode.UNSET) or of_torch or bool(record.classes)


def _is_of_what_is_imported(record: ForwardCall, seen: Recorder) -> bool:
    """Whether what a file imports tells which class a module is of: it was made or loaded here."""
    return bool(record.classes) or not seen.made.keys().isdisjoint(record.receivers)


def _may_react(files: list[str], tree: Tree, knowledge: Knowledge) -> bool:
    words = [word.encode() for word in sorted({*READING_MODE, *knowledge.names_of_reacting})]
    # Whoever uses a file that stands alone is not in sight.
    if len(files) < 2:
        return True
    texts = (tree.data(path) or b"" for path in files)
    return any(_has_some(words, text) or _has_models(text) for text in texts)


def _may_import_what_reacts(path: str, definitions: Definitions, knowledge: Knowledge) -> bool:
    """Whether a module of what a file imports may react: not if it imports some that do not."""
    files = definitions.needed(path)
    if files is None:
        return True
    needed = [each for found in files.values() for each in found]
    if not any(each.is_class and BASE in each.bases for each in needed):
        return True
    if any(_has_models(definitions.tree.data(each) or b"") for each in files):
        return True
    names = frozenset[str]().union(*(each.names for each in needed))
    parts = (*READING_MODE, BATCH_NORM)
    return not names.isdisjoint(knowledge.names_of_reacting) or any(
        part in name for name in names for part in parts
    )


def _has_some(words: list[bytes], data: bytes) -> bool:
    """Whether a word stands somewhere else than where classes are told apart by their names."""
    if not any(word in data for word in words):
        return False
    left = _TELLING_APART.sub(b"", data)
    return any(word in left for word in words)


def _has_models(data: bytes) -> bool:
    """Whether a file takes models of other people, as far as its text tells."""
    return any(word in data for word in LOADING) or _imports_models(data)


def _imports_models(data: bytes) -> bool:
    """Whether a file imports models of other people, as far as its text tells."""
    for found in _IMPORT.finditer(data):
        parts = PARTS_WITH_MODELS.get(found[1].decode())
        if parts is None or any(re.search(rb"\b%b\b" % part.encode(), data) for part in parts):
            return True
    return False
