"""``torch.no_grad()`` as a statement: a block where that is certain, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from flake8_bn_eval.findings import Safety
from flake8_bn_eval.fix.base import Change, repairs
from flake8_bn_eval.fix.blocks import into_block, siblings, taken_out
from flake8_bn_eval.fix.regions import own_nodes, suspends
from flake8_bn_eval.fix.site import Site
from flake8_bn_eval.fix.training import called_name
from flake8_bn_eval.fix.tree import index_of


@repairs("BNE202")
def propose(site: Site) -> Iterator[Change]:
    """A block of what follows where a function evaluates; otherwise what does nothing goes."""
    statement = site.node(cst.Expr)
    if statement is None or not isinstance(statement.value, cst.Call):
        return
    written = site.file.code(statement.value)
    line = site.file.statement(statement)
    if isinstance(line, cst.SimpleStatementLine) and _is_certain(site, line):
        rewrites = into_block(site.file, line, cst.WithItem(statement.value))
        title = f"put what follows under `{written}`"
        yield Change(title, Safety.SAFE, site.file.rewritten(rewrites))
    removed = site.file.rewritten(taken_out(site.file, statement))
    yield Change(f"remove `{written}`, which does nothing", Safety.SAFE, removed)


def _is_certain(site: Site, line: cst.SimpleStatementLine) -> bool:
    """Whether all that follows in the function evaluates, and nobody trains on what it gives."""
    function = site.file.scope(line)
    if not isinstance(function, cst.FunctionDef) or site.file.parents[line] is not function.body:
        return False
    around = siblings(site.file, line)
    index = index_of(around, line)
    training = site.file.training
    return (
        len(line.body) == 1
        and index + 1 < len(around)
        and not suspends([function.body])
        and not training.trains(function)
        and not training.is_called_to_train(function)
        and _evaluates(around[:index])
    )


def _evaluates(statements: Sequence[cst.BaseStatement]) -> bool:
    calls = (node for node in own_nodes(statements) if isinstance(node, cst.Call))
    return any(called_name(call) == "eval" and not call.args for call in calls)
