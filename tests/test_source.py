"""The trigger test, decoding, parsing and the places of a file."""

from __future__ import annotations

import sys
from pathlib import Path

import libcst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from flake8_bn_eval import source
from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.findings import Span
from flake8_bn_eval.lower.program import lower_module

SAMPLES = {
    "decorators and parameters": """
@first(f(1))
@second
def f(a: A(1) = d(2), /, b: B(3) = e(4), *args: C(), k: D() = g(), **kw: E()) -> R(1): return h(a)
@third()
class K(A(), *bases(), metaclass=M(), **more()):
    x: int = y(4)
    @fourth()
    async def m(self, *, k=f(), l): await self.n(o())
""",
    "arguments as written": """
f(a(), key=b(), *c(), **d(), other=e())
print(*a(), *b(), sep=c())
f(i for i in g())
f(a(b(c)))(d(e))[f()].g(h())(i)
""",
    "expressions that ast orders otherwise": """
z = a() if b() else c()
q = {a(): b(), **c(), d(): e()}
r = {a(): b() for k in c() if d() for l in e() if f() if g()}
s = lambda x=a(), *y, z=b(): c(x)
a() < b() < c() and d() or not e()
x[a():b():c(), ...] = d() + -e()
""",
    "formatted strings": """
s = f"{a(b)!r:{c(d())}} {e()=}" "lit" f'{g()}' "" rf"{h()}"
t = f"{f'{a(b())}'} {c() if d() else e()}"
print("a" f"{b()}", f"{c()}")
""",
    "match and walrus": """
match f(x, g()):
    case A(x=1, y=[*_]) if (n := g()) > h(): i()
    case {"a": B(), **rest} | C.d: j()
    case _: pass
if (n := f(10)) > g(): pass
elif h(m := i()): j()
else: k()
while chunk := read(): use(chunk)
""",
    "statements": """
import a; from b import c; del a(b).c, d[e()]
while a(): b()
else: c()
for x in y(z()): continue
else: w()
try: a()
except b() as e: c()
except (d(), e): f()
else: g()
finally: h()
try: a()
except* b(): c()
with (a() as b, c() as d.e[f()]): pass
with a(b()) as c(d).e, f() as g: pass
assert a(), b()
raise a() from b()
global gg
x += f(); y: (z()) = w(); a = b = c(); d: int
def gen():
    nonlocal_ = yield a(); yield from b(); return (yield)
""",
    "asynchronous": """
async def f():
    async with a(b()) as c, d(): pass
    async for x in y(): await z()
    else: w()
    return [i(j) async for j in k() if await l(m()) for n in o()]
""",
    "characters of several bytes": """
é = ü(a)(b); "é" + f(x) + g("é\\n", h()); i()
name = "日本" + f("語")(x) ; 变量(y)
""",
    "continued lines": """
x = a(b)\\
   .c(d)(
      e(f),
   g)
if a \\
  and b(): c()
""",
}
NEWER = {
    "type parameters": (
        (3, 12),
        """
@z(y())
def f[T: a(), *Ts, **P](x: T = b()) -> c(): d()
@x()
class C[T: (e(), f())](g(), h=i()): pass
class D[T: m(n(o))]:
    async def p[U: q()](self): r()
type X[T: j()] = k(l())
""",
    ),
    "formatted strings over lines": ((3, 12), 's = f"""\né {a(\n b())} {\n c()}"""\n'),
}
"""Since which Python there are such texts."""


def needs(version: tuple[int, int]) -> pytest.MarkDecorator:
    """Skip a test on a Python that refuses its text."""
    reason = f"Python {version[0]}.{version[1]} has this syntax first"
    return pytest.mark.skipif(sys.version_info < version, reason=reason)


each_sample = pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=name) for name, text in SAMPLES.items()]
    + [pytest.param(text, id=name, marks=needs(since)) for name, (since, text) in NEWER.items()],
)

PACKAGES = [Path(libcst.__file__).parent, Path(pytest.__file__).parent]


class Oracle(libcst.CSTVisitor):
    """Calls and statements in the order in which libcst's own visitor reaches them.

    What is no part of a run has no place: annotations, type parameters and what they stand for.
    """

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def on_visit(self, node: libcst.CSTNode) -> bool:
        if isinstance(node, (libcst.Call, libcst.BaseSmallStatement, libcst.BaseCompoundStatement)):
            found = self.get_metadata(PositionProvider, node)
            start, end = found.start, found.end
            self.spans.append(Span(start.line, start.column, end.line, end.column))
        unseen = (libcst.Annotation, libcst.TypeParameters, libcst.TypeAlias)
        return not isinstance(node, unseen)


def oracle(text: str) -> list[Span]:
    visitor = Oracle()
    MetadataWrapper(libcst.parse_module(text)).visit(visitor)
    return visitor.spans


def located(text: str) -> list[Span]:
    """Where the places of a text are."""
    return source.spans(text, lower_module(text, source.parse(text)).positions)


@each_sample
def test_places_are_where_libcst_has_them(text: str) -> None:
    assert located(text) == oracle(text)


@needs((3, 12))
@pytest.mark.parametrize(
    "before", ["def f[T: g()](): pass", "class C[T: g()]: pass", "type X[T: g()] = int"]
)
def test_a_call_in_a_type_parameter_moves_no_finding(before: str) -> None:
    [finding] = analyse(f"from torch import nn\n{before}\nnet = nn.Dropout()\nnet.eval\n")
    assert (finding.code, finding.span.line) == ("BNE303", 4)


@each_sample
def test_a_place_is_a_call_or_statement_of_the_text(text: str) -> None:
    lines = source.split_lines(text)
    for span in located(text):
        if span.line == span.end_line:
            piece = lines[span.line - 1][span.column : span.end_column]
            assert piece
            assert piece == piece.strip(" ;")


def test_places_of_real_files_agree() -> None:
    files = [file for package in PACKAGES for file in sorted(package.rglob("*.py"))]
    compared = 0
    for file in files[::8]:
        if "/tests/" in file.as_posix() or file.stat().st_size > 60_000:
            continue
        text = source.decode(file.read_bytes())
        expected = oracle(text)
        seen = set(expected)
        # A class keeps the annotations of its names.
        assert [span for span in located(text) if span in seen] == expected, file
        compared += 1
    assert compared > 5


def test_a_byte_order_mark_takes_no_column() -> None:
    assert located("\ufefff(x)\n")[0] == Span(1, 0, 1, 4)
    assert located("\ufeffé(x)\n")[0] == Span(1, 0, 1, 4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("with no_grad(): x.eval()", True), ("x.eval()", False), ("no_grad", False), ("", False)],
)
def test_one_word_of_every_group_must_occur(text: str, expected: bool) -> None:
    assert source.may_concern(text, ((".eval(", ".train("), ("no_grad",))) is expected


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = '\xc3\xa9'\r\ny\rz\n", "x = 'é'\ny\nz\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"# coding: latin-1\nx = '\xe9'\n", "# coding: latin-1\nx = 'é'\n"),
        (b"#!x\n# -*- coding: cp1251 -*-\n'\xe9'\n", "#!x\n# -*- coding: cp1251 -*-\n'й'\n"),
        (b"x\x0cy\x0b\x1cz\n", "x\x0cy\x0b\x1cz\n"),
        (b"", ""),
    ],
)
def test_bytes_are_decoded_as_python_does(data: bytes, text: str) -> None:
    assert source.decode(data) == text


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"x\n\n'\xe9'\n", 3, "utf-8"),
        (b"#\n# coding: ascii\n\n'\xe9'\n", 4, "ascii"),
        (b"# coding: nonsense\n", 1, "unknown encoding: nonsense"),
    ],
)
def test_undecodable_bytes_are_named_by_line(data: bytes, line: int, message: str) -> None:
    with pytest.raises(source.UnreadableError, match=message) as caught:
        source.decode(data)
    assert caught.value.line == line


@pytest.mark.parametrize("text", ["x = (", "if x:\ny", "a\0b", "x = '\ud800'", "é€ $"])
def test_what_python_refuses_is_told_apart(text: str) -> None:
    with pytest.raises(source.RefusedByPythonError):
        source.parse(text)
