"""``AveragedModel(model, use_buffers=True)`` averages the running statistics as well."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.expressions import argument_at, with_argument
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.training import called_name
from flake8_bn_eval.fix.tree import DeclinedError


@repairs("BNE406", is_local=True)
def propose(site: Site) -> Iterator[Change]:
    """Only for the class of PyTorch: what an average by hand leaves out is not known."""
    call = site.node(cst.Call)
    if call is None or called_name(call) != "AveragedModel":
        raise DeclinedError("the average is made by hand: copy the buffers, or use `update_bn`")
    if argument_at(call, "use_buffers", 4) is not None:
        raise DeclinedError("`use_buffers` is given already")
    new = with_argument(call, "use_buffers", cst.Name("True"))
    changed = site.file.rewritten({call: lambda _: new})
    yield Change("pass `use_buffers=True`", Safety.UNSAFE, changed)
