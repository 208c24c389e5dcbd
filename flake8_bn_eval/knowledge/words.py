"""Splits identifiers into lower-case words, so that the vocabulary can be matched.

``testLoader``, ``test_loader`` and ``testloader`` all give *test*, *loader*.  It knows no
grammar: a word that is not in a set of the vocabulary, such as *tested*, does not match.
"""

from __future__ import annotations

import re
from functools import lru_cache

from flake8_bn_eval.knowledge.rows import Vocabulary

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_CLASS = re.compile(r"[A-Z]+[a-z0-9]+[A-Z][A-Za-z0-9]*|[A-Z]{3,}[a-z][A-Za-z0-9]*")

# Without this list `val` would be found in `value` and `dev` in `device`.
_JOINED = re.compile(
    r"(.{2,}?)(loaders?|sets?|datasets?|data|dl|ds|iter|iterator|batch|batches|dataloaders?"
    r"|gen|generator|queue|step|loop|epoch|mode|model|net|images?|imgs?|split)"
)


@lru_cache(maxsize=8192)
def words_of(identifier: str) -> tuple[str, ...]:
    """The words of an identifier, in lower case; those of ``testloader`` are two."""
    found: list[str] = []
    for part in _WORD.findall(identifier):
        word = part.lower()
        joined = _JOINED.fullmatch(word)
        found += joined.groups() if joined else (word,)
    return tuple(found)


@lru_cache(maxsize=8192)
def _forms(identifier: str) -> tuple[str, ...]:
    """The words, those that are written together also unsplit, and the whole of it."""
    unsplit = (part.lower() for part in _WORD.findall(identifier))
    return (*words_of(identifier), *unsplit, identifier.lower())


def mentions(identifier: str, words: frozenset[str]) -> bool:
    """Whether one of the words is in the identifier, as a word or as the whole of it."""
    return not words.isdisjoint(_forms(identifier))


def names_class(identifier: str) -> bool:
    """Whether only a class is called like this: ``ResNetEncoder``, but not ``Enc1`` or ``G_AB``."""
    return _CLASS.fullmatch(identifier) is not None


def says_class(identifier: str) -> bool:
    """Whether a name says that it is a class: ``model_class``, ``net_cls``."""
    return words_of(identifier)[-1:] in (("class",), ("cls",))


def may_set_mode(identifier: str, vocabulary: Vocabulary) -> bool:
    """Whether something unseen of this name may change a module's mode.

    ``prepare_for_eval`` may, ``load_train_data`` and ``log_eval_metrics`` do not.
    """
    if not mentions(identifier, vocabulary.mode_changers):
        return False
    return vocabulary.mode_keepers.isdisjoint(words_of(identifier))
