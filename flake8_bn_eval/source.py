"""The text of a file: whether it is worth parsing, its tree, and where its places are.

A *place* is the number of a call or statement among all calls and statements of the
file, in source order and pre-order: a statement before its contents, a call before
its callee and arguments.  The lowering counts them as it goes; here the same count is
taken from Python's own ``ast``, which knows positions and costs a fiftieth of libcst.

What this module does not know: what any of the text means.  Before Python 3.12 the
columns of calls inside f-strings are as vague as ``ast`` has them.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from flake8_bn_eval.findings import Span
from flake8_bn_eval.process import without_garbage_collection, without_validation
from flake8_bn_eval.rules.triggers import Elsewhere, Triggers

if TYPE_CHECKING:
    import libcst

NBQA_SEPARATOR = "# %%NBQA-CELL-SEP"
"""What the comment begins with that nbqa puts before every cell of a notebook."""


MOST_CHARACTERS = 5_000_000
MOST_LEVELS = 1_000
BYTE_ORDER_MARK = "\ufeff"

_LINE_END = re.compile(r"\r\n|\r|\n")
_ERROR_AT = re.compile(r"error at (\d+):(\d+)")


class UnreadableError(Exception):
    """The bytes of a file are no text in its declared encoding."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class UnparsableError(Exception):
    """The text is not parsed: lines from 1, columns from 0."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message


class RefusedByPythonError(UnparsableError):
    """The text is no Python at all, at least not for the Python that is running."""


def may_concern(text: str, groups: Triggers, elsewhere: Callable[[], str] = lambda: "") -> bool:
    """Whether the text has one word of every group; ``elsewhere`` is the text of other files."""
    missing = []
    for group in groups:
        if any(_occurs(word, text) for word in group):
            continue
        if not isinstance(group, Elsewhere):
            return False
        missing.append(group)
    return all(any(_occurs(word, elsewhere()) for word in group) for group in missing)


def _occurs(word: str | re.Pattern[str], text: str) -> bool:
    return word in text if isinstance(word, str) else word.search(text) is not None


def decode(data: bytes) -> str:
    """The text of a Python file as Python reads it: declared encoding, no mark, Unix line ends."""
    encoding = "utf-8"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(line, f"bytes that are not {encoding}: {error.reason}") from error
    except SyntaxError as error:
        wrong = _undecodable_line(data)
        message = str(error) if wrong is None else "bytes that are not utf-8"
        raise UnreadableError(wrong or 1, message) from error
    text = text.removeprefix(BYTE_ORDER_MARK)
    return "\n".join(split_lines(text)) if "\r" in text else text


def _undecodable_line(data: bytes) -> int | None:
    """The line of the first bytes that are not UTF-8, the encoding of files that declare none."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return None


def split_lines(text: str) -> list[str]:
    """The lines as Python counts them: unlike ``str.splitlines``, a form feed ends none."""
    return _LINE_END.split(text)


def parse(text: str, tree: ast.Module | None = None) -> libcst.Module:
    """The libcst tree of the text, or an `UnparsableError`.

    libcst takes cubic time for long chains of operators, attributes and calls, so their
    length is bounded before: it is the depth of Python's own tree, parsed if not given.
    """
    import libcst  # noqa: PLC0415 - costs 0.3 s, and most files never come here

    text = text.removeprefix(BYTE_ORDER_MARK)
    _check_bounds(text, tree)
    try:
        with without_garbage_collection(), without_validation():
            return libcst.parse_module(text)
    except libcst.ParserSyntaxError as error:
        raise _refusal(text, error) from error
    except RecursionError as error:
        raise UnparsableError(1, 0, "nested too deeply for the parser") from error


def _refusal(text: str, error: libcst.ParserSyntaxError) -> UnparsableError:
    """What libcst says, at the line it means; "expected one of" may list 40 tokens."""
    line, column = error.raw_line, error.raw_column
    detail = error.message.partition("expected one of")[0].strip()
    exact = _ERROR_AT.search(detail)
    if exact:
        line, column = int(exact[1]), int(exact[2])
        detail = detail[exact.end() :]
    last = len(split_lines(text.rstrip()))
    message = f"libcst refuses it here: {detail.strip(': ')}".rstrip(": ")
    return UnparsableError(min(max(line, 1), last), max(column, 0), message)


def parse_ast(text: str) -> ast.Module:
    """Python's own tree, or an `UnparsableError`."""
    try:
        return ast.parse(text.removeprefix(BYTE_ORDER_MARK))
    except SyntaxError as error:
        line, column = error.lineno or 1, max((error.offset or 1) - 1, 0)
        raise RefusedByPythonError(line, column, error.msg) from error
    except ValueError as error:  # null bytes, lone surrogates
        raise RefusedByPythonError(1, 0, str(error)) from error
    except (RecursionError, MemoryError) as error:
        raise UnparsableError(1, 0, "a statement is too deep for Python's own parser") from error


def _check_bounds(text: str, tree: ast.Module | None) -> None:
    if len(text) > MOST_CHARACTERS:
        raise UnparsableError(1, 0, f"it is longer than {MOST_CHARACTERS:,} characters")
    levels, line = depth(tree or parse_ast(text))
    if levels > MOST_LEVELS:
        raise UnparsableError(line, 0, f"a statement is more than {MOST_LEVELS:,} levels deep")


def depth(tree: ast.Module) -> tuple[int, int]:
    """How many levels deep the tree is, and the line of its deepest node."""
    levels, line = 0, 1
    level: list[Any] = [tree]
    while level:
        levels += 1
        line = getattr(level[0], "lineno", line)
        level = _next_level(level)
    return levels, line


def _next_level(level: list[Any]) -> list[Any]:
    below: list[Any] = []
    for node in level:
        kind = type(node)
        for name in _FIELDS[kind] if kind in _FIELDS else _fields_of(kind):
            value = getattr(node, name)
            if type(value) is list:
                below += value
            elif value is not None:
                below.append(value)
    return below


def locate(text: str, tree: ast.Module | None = None) -> list[Span]:
    """The span of every place of the file: the index is the place."""
    text = text.removeprefix(BYTE_ORDER_MARK)
    lines = None if text.isascii() else [line.encode() for line in split_lines(text)]
    return [_span_of(node, lines) for node in _placed_nodes(tree or parse_ast(text))]


def _placed_nodes(tree: ast.Module) -> Iterator[ast.expr | ast.stmt]:
    pending: list[Any] = [tree]
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is ast.Call or issubclass(kind, ast.stmt):
            yield node
        if kind in _ORDERED:
            pending += _ORDERED[kind](node)[::-1]
        else:
            pending += _next_level([node])[::-1]


def _span_of(node: ast.expr | ast.stmt, lines: list[bytes] | None) -> Span:
    end_line = node.end_lineno or node.lineno
    column, end_column = max(node.col_offset, 0), max(node.end_col_offset or 0, 0)
    if lines is not None:
        column = _in_characters(lines, node.lineno, column)
        end_column = _in_characters(lines, end_line, end_column)
    return Span(node.lineno, column, end_line, end_column)


def _in_characters(lines: list[bytes], line: int, column: int) -> int:
    """A column of ``ast`` counts the bytes of UTF-8."""
    return len(lines[line - 1][:column].decode(errors="ignore"))


_WITHOUT_PLACES = frozenset(
    {"ctx", "op", "ops", "id", "attr", "name", "names", "module", "level", "rest", "kind"}
    | {"type_comment", "type_ignores", "conversion", "str", "arg", "kwd_attrs", "tag"}
    | {"simple", "is_async"}
)
_EMPTY = (ast.Constant, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.MatchSingleton)
_FIELDS: dict[type, tuple[str, ...]] = dict.fromkeys((*_EMPTY, type(None)), ())


def _fields_of(kind: type[ast.AST]) -> tuple[str, ...]:
    fields = tuple(name for name in kind._fields if name not in _WITHOUT_PLACES)
    _FIELDS[kind] = fields
    return fields


def _arguments_as_written(
    positional: list[ast.expr], keywords: list[ast.keyword]
) -> list[ast.expr | ast.keyword]:
    """``f(a, key=b, *c)``: the star stands behind a keyword, ``ast`` has it before."""
    if keywords and any(isinstance(argument, ast.Starred) for argument in positional):
        return sorted([*positional, *keywords], key=lambda it: (it.lineno, it.col_offset))
    return [*positional, *keywords]


def _in_pairs(first: list[Any], second: list[Any]) -> list[Any]:
    return [part for pair in zip(first, second, strict=True) for part in pair]


def _in_parameters(node: ast.arguments) -> list[Any]:
    positional = node.posonlyargs + node.args
    undefaulted = [None] * (len(positional) - len(node.defaults))
    found = _in_pairs(positional, undefaulted + node.defaults)
    found.append(node.vararg)
    found += _in_pairs(node.kwonlyargs, node.kw_defaults)
    found.append(node.kwarg)
    return found


def _in_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[Any]:
    types = getattr(node, "type_params", [])
    return [*node.decorator_list, *types, node.args, node.returns, *node.body]


def _in_class(node: ast.ClassDef) -> list[Any]:
    types = getattr(node, "type_params", [])
    bases = _arguments_as_written(node.bases, node.keywords)
    return [*node.decorator_list, *types, *bases, *node.body]


_ORDERED: dict[type, Callable[[Any], list[Any]]] = {
    ast.Call: lambda node: [node.func, *_arguments_as_written(node.args, node.keywords)],
    ast.Dict: lambda node: _in_pairs(node.keys, node.values),
    ast.IfExp: lambda node: [node.body, node.test, node.orelse],
    ast.arguments: _in_parameters,
    ast.FunctionDef: _in_function,
    ast.AsyncFunctionDef: _in_function,
    ast.ClassDef: _in_class,
}


def locate_slowly(text: str) -> list[Span]:
    """The same spans from the libcst tree, for the case that the two trees disagree."""
    return locate_with_libcst(parse(text))


def locate_with_libcst(module: libcst.Module) -> list[Span]:
    """The same spans from the libcst tree: slow, for the case that the two trees disagree."""
    import libcst  # noqa: PLC0415
    from libcst.metadata import MetadataWrapper, PositionProvider  # noqa: PLC0415

    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    ranges = wrapper.resolve(PositionProvider)
    placed = (libcst.Call, libcst.BaseSmallStatement, libcst.BaseCompoundStatement)
    pending: list[libcst.CSTNode] = [module]
    spans: list[Span] = []
    while pending:
        node = pending.pop()
        if isinstance(node, placed):
            spans.append(_span_of_range(ranges[node]))
        pending.extend(reversed(node.children))
    return spans


def _span_of_range(found: Any) -> Span:
    start, end = found.start, found.end
    return Span(start.line, start.column, end.line, end.column)
