"""Statements put in, taken out and put into blocks, with all comments where they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from flake8_bn_eval.fix.tree import DeclinedError, Replacement, Rewrite, Tree, index_of

Statement = cst.BaseStatement
Rewrites = Mapping[cst.CSTNode, Rewrite]


def lines(*texts: str) -> list[Statement]:
    """Statements from their texts, a line each."""
    return [cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine) for text in texts]


def siblings(tree: Tree, statement: Statement) -> Sequence[Statement]:
    """The statements of the block in which a statement stands.

    Raises `DeclinedError` where it shares the line of what it belongs to.
    """
    around = tree.parents[statement]
    if not isinstance(around, cst.IndentedBlock | cst.Module):
        raise DeclinedError("it shares the line of the statement around it")
    return list(around.body)


def put_before(statement: Statement, *new: Statement) -> Rewrites:
    """Put statements before another one, below the comments that stand above it."""
    return {statement: lambda node: cst.FlattenSentinel([*_above(node, new), _bare(node)])}


def put_after(statement: Statement, *new: Statement) -> Rewrites:
    """Put statements after another one."""
    return {statement: lambda node: cst.FlattenSentinel([node, *new])}


def put_around(
    region: Sequence[Statement], before: Sequence[Statement], after: Sequence[Statement]
) -> Rewrites:
    """Put statements before the first and after the last of some that follow each other."""
    first, last = region[0], region[-1]
    if first is not last:
        return {**put_before(first, *before), **put_after(last, *after)}
    return {first: lambda node: cst.FlattenSentinel([*_above(node, before), _bare(node), *after])}


def put_into(
    tree: Tree, region: Sequence[Statement], block: cst.With | cst.Try, *before: Statement
) -> Rewrites:
    """Put statements that follow each other into the body of a new one, with others before it."""
    first, *others = region
    body = cst.IndentedBlock([_bare(first), *others], indent=_indent(tree, first))
    new = block.with_changes(body=body)

    def rewrite(node: cst.CSTNode) -> Replacement:
        return cst.FlattenSentinel(_above(node, [*before, new]))

    return {first: rewrite, **dict.fromkeys(others, _removed)}


def into_block(tree: Tree, line: cst.SimpleStatementLine, item: cst.WithItem) -> Rewrites:
    """Make a line the head of a block of all that follows it in its own."""
    around = siblings(tree, line)
    following = around[index_of(around, line) + 1 :]
    body = cst.IndentedBlock(following, header=line.trailing_whitespace, indent=_indent(tree, line))

    def rewrite(node: cst.CSTNode) -> Replacement:
        return cst.With([item], body, leading_lines=getattr(node, "leading_lines", ()))

    return {line: rewrite, **dict.fromkeys(following, _removed)}


def put_first(body: cst.BaseSuite, *new: Statement) -> Rewrites:
    """Put statements at the head of a body."""
    if not isinstance(body, cst.IndentedBlock):
        raise DeclinedError("the body shares the line of its head")
    return put_before(body.body[0], *new)


def put_last(body: cst.BaseSuite, *new: Statement) -> Rewrites:
    """Put statements at the end of a body."""
    if not isinstance(body, cst.IndentedBlock):
        raise DeclinedError("the body shares the line of its head")
    return put_after(body.body[-1], *new)


def taken_out(tree: Tree, small: cst.BaseSmallStatement) -> Rewrites:
    """Take out a statement; its comments stay."""
    line = tree.parents[small]
    if not isinstance(line, cst.SimpleStatementLine | cst.SimpleStatementSuite):
        raise DeclinedError("it stands in no line")
    rest = [each for each in line.body if each is not small]
    if rest:
        rest[-1] = rest[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        return {line: lambda node: node.with_changes(body=rest)}
    if isinstance(line, cst.SimpleStatementSuite) or len(siblings(tree, line)) == 1:
        return {line: lambda node: node.with_changes(body=[cst.Pass()])}
    return _without_line(tree, line)


def _without_line(tree: Tree, line: cst.SimpleStatementLine) -> Rewrites:
    """The comments of the line, and the blank lines above it, go to what comes after it."""
    around = siblings(tree, line)
    number = index_of(around, line) + 1
    comment = line.trailing_whitespace.comment
    left = [*line.leading_lines, *([cst.EmptyLine(comment=comment)] if comment else [])]
    if number < len(around):
        return {line: _removed, around[number]: _below(left, "leading_lines")}
    return {line: _removed, tree.parents[line]: _below(left, "footer")}


def _below(above: Sequence[cst.EmptyLine], field: str) -> Rewrite:
    """Put lines before those that a node has, but not blank ones before blank ones."""

    def rewrite(node: cst.CSTNode) -> Replacement:
        below: Sequence[cst.EmptyLine] = getattr(node, field, ())
        is_blank = bool(below) and all(each.comment is None for each in (*above, below[0]))
        return node.with_changes(**{field: [*(() if is_blank else above), *below]})

    return rewrite


def _removed(_: cst.CSTNode) -> Replacement:
    return cst.RemoveFromParent()


def _above(node: cst.CSTNode, new: Sequence[Statement]) -> list[Statement]:
    """New statements that take over what stands above a statement."""
    first, *others = new
    return [first.with_changes(leading_lines=getattr(node, "leading_lines", ())), *others]


def _bare(node: cst.CSTNode) -> Statement:
    """A statement without what stands above it."""
    statement = node.with_changes(leading_lines=())
    assert isinstance(statement, cst.BaseStatement), "only statements are moved"
    return statement


def _indent(tree: Tree, statement: Statement) -> str | None:
    """The indentation of the block around a statement, where it is not that of the file."""
    around = tree.parents[statement]
    return around.indent if isinstance(around, cst.IndentedBlock) else None
