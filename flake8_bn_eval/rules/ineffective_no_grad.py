"""A gradient context that has no effect."""
from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts import Facts
from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import NO_GRADIENT

MESSAGES = {
    "bare statement": ("`{}()` as a statement of its own has no effect", "use it in a `with`"),
    "uncalled context": ("`with {}:` raises: the context is not called", "write `{}()`"),
    "and-ed context": ("`{} and ...` enters only the last context", "separate them by a comma"),
    "re-entered instance": (
        "`{}` is entered while it is active: gradients stay off after it",
        "make a new context for every `with`",
    ),
    "decorated property": (
        "`@{}` above `@property` turns the property into a method",
        "put it below `@property`",
    ),
}


@rule("BNE202", "ineffective-no-grad", since="0.1", triggers=NO_GRADIENT)
def check(facts: Facts) -> Iterator[Report]:
    """Gradient contexts that do not do what they look like."""
    for misuse in facts.misuses:
        if misuse.what in MESSAGES:
            message, advice = MESSAGES[misuse.what]
            subject = misuse.subject.removesuffix("(...)")
            yield Report(
                misuse.place, message.format(subject), (), advice.format(subject)
            )
