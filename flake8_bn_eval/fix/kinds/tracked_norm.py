"""``track_running_stats=False`` is left out, so that evaluation has statistics."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.expressions import argument_at, without_argument
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.training import called_name
from flake8_bn_eval.fix.tree import DeclinedError

FLAG = "track_running_stats"


@repairs("BNE404", is_local=True)
def propose(site: Site) -> Iterator[Change]:
    """The layer gets buffers: checkpoints that were made without them no longer fit strictly."""
    call = site.needed(cst.Call)
    argument = argument_at(call, FLAG, 3 if called_name(call).startswith("Lazy") else 4)
    if argument is None or argument.keyword is None and argument is not call.args[-1]:
        raise DeclinedError("the argument does not stand there")
    changed = site.file.rewritten({call: lambda _: without_argument(call, argument)})
    yield Change(f"leave `{FLAG}` at its default", Safety.UNSAFE, changed)
