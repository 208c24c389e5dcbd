"""Python accepts the file, but the analysis cannot read it or gave up.

## Why it matters

Silence about a file should mean that it was looked at.  Two things keep this tool
from looking: a statement nested or chained thousands of levels deep, and the analysis
itself, which has bounds, or an error of its own.  Then there is one report, at the
place.  Where it says that calls are skipped, the rest of the file was looked at, but for
what those calls and all later ones of their kind do.

A file that Python itself refuses is not reported: flake8 says E999 there.

## Example

Here are three terms; a generated sum of three thousand is too deep:

```python
import torch

with torch.no_grad():
    total = 1 + 2 + 3
```

## Use instead

```python
import torch

with torch.no_grad():
    total = sum([1, 2, 3])
```

## When not to fix

A generated file with very long expressions is best left out of the check altogether
(`exclude` in the flake8 configuration).  If the message speaks of an internal error,
it is a defect of this tool: please report it with the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE901", "unanalysed-file", since="0.1", triggers=())
def check(facts: Facts) -> Iterator[Report]:
    """Where the analysis gave up; a file that is not parsed has no facts: see `analysis`."""
    yield from facts.failures
