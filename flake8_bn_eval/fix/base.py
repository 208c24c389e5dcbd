"""What a kind of fix is: a function from a finding in its tree to the ways to repair it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.site import Site


@dataclass(frozen=True, slots=True)
class Change:
    """One way to repair a finding: what it is called, how safe it is, and the text after it."""

    title: str
    safety: Safety
    text: str


Propose = Callable[[Site], Iterator[Change]]
"""All ways, the best first.

Nothing is proposed for a finding of another shape; a `DeclinedError` says why one of this
shape is not fixed.
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fix and the rules whose findings it repairs."""

    codes: frozenset[str]
    propose: Propose
    is_local: bool = False
    """Whether its findings depend on nothing but their places, so that no fix affects another."""

    def __call__(self, site: Site) -> Iterator[Change]:
        """The ways to repair a finding."""
        return self.propose(site)


def repairs(*codes: str, is_local: bool = False) -> Callable[[Propose], Kind]:
    """Make a kind of fix of the function below."""
    return lambda propose: Kind(frozenset(codes), propose, is_local)
