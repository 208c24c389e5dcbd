"""Expressions: ``ast`` to the records of ``operations``.

Children are lowered in source order, because places count calls in that order; the
record is put together afterwards.  What is not modelled becomes `Opaque` over its
parts, so that no call inside it is lost.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from flake8_bn_eval.flow.nodes import Exit, Jump
from flake8_bn_eval.lower.context import Context
from flake8_bn_eval.names import Scope
from flake8_bn_eval.operations import (
    Assignment,
    Attribute,
    Await,
    Binary,
    Call,
    Clause,
    Comparison,
    Comprehension,
    Conditional,
    Constant,
    DictDisplay,
    Display,
    Expression,
    Formatted,
    FunctionDefinition,
    Junction,
    Lambda,
    Name,
    Negation,
    Opaque,
    Parameter,
    Return,
    Slice,
    Starred,
    Subscript,
    Yield,
)

LONGEST_STRING = 200
TELLING_ATTRIBUTES = frozenset(
    {"eval", "train", "no_grad", "inference_mode", "training", "requires_grad"}
)
"""Names that tell something although they are not called."""
DATA = "data"
"""An attribute that tells something where it is one of a tensor."""

OPERATORS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


class ExpressionLowering:
    """Lowers expressions in the current scope of a context."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._handlers: dict[type, Callable[[Any], Expression]] = {
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Subscript: self._subscript,
            ast.Slice: self._slice,
            ast.Constant: self._constant,
            ast.JoinedStr: lambda node: Formatted(self._formatted_parts(node)),
            ast.Tuple: self._display("tuple"),
            ast.List: self._display("list"),
            ast.Set: self._display("set"),
            ast.Dict: self._dict,
            ast.BinOp: self._binary,
            ast.BoolOp: self._junction,
            ast.UnaryOp: self._unary,
            ast.Compare: self._comparison,
            ast.IfExp: self._conditional,
            ast.Lambda: self._lambda,
            ast.ListComp: self._comprehension("list"),
            ast.SetComp: self._comprehension("set"),
            ast.GeneratorExp: self._comprehension("generator"),
            ast.DictComp: self._comprehension("dict"),
            ast.NamedExpr: self._walrus,
            ast.Await: lambda node: Await(self.lower(node.value)),
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield_from,
            ast.Starred: lambda node: Starred(self.lower(node.value)),
        }

    def lower(self, node: ast.AST) -> Expression:
        """The record of an expression."""
        handler = self._handlers.get(type(node))
        if handler is None:
            return Opaque([self.lower(child) for child in ast.iter_child_nodes(node)])
        return handler(node)

    def lower_optional(self, node: ast.expr | None) -> Expression | None:
        """The record of an expression that may be absent."""
        return None if node is None else self.lower(node)

    def lower_target(self, node: ast.expr) -> Expression:
        """The target of an assignment: the names in it are bound."""
        match node:
            case ast.Name():
                return self.bind(node.id)
            case ast.Tuple() | ast.List():
                place = self.context.place
                return Display("tuple", [self.lower_target(each) for each in node.elts], place)
            case ast.Starred():
                return Starred(self.lower_target(node.value))
        return self.lower(node)

    def bind(self, identifier: str) -> Name:
        """A name that the current scope binds."""
        return Name(self.context.scope.bind(identifier))

    def parameters(self, node: ast.arguments) -> list[Parameter]:
        """Parameters in source order; their defaults belong to the scope around the function."""
        positional = node.posonlyargs + node.args
        undefaulted = [None] * (len(positional) - len(node.defaults))
        defaults = [*undefaulted, *node.defaults]
        lowered = self._parameters("positional", positional, defaults)
        if node.vararg is not None:
            lowered.append(Parameter(node.vararg.arg, "variadic", None))
        lowered += self._parameters("keyword", node.kwonlyargs, node.kw_defaults)
        if node.kwarg is not None:
            lowered.append(Parameter(node.kwarg.arg, "mapping", None))
        return lowered

    def _parameters(
        self, kind: str, names: Iterable[ast.arg], defaults: Iterable[ast.expr | None]
    ) -> list[Parameter]:
        return [
            Parameter(name.arg, kind, self.lower_optional(default))
            for name, default in zip(names, defaults, strict=True)
        ]

    def _name(self, node: ast.Name) -> Expression:
        name = self.context.scope.read(node.id)
        self.context.reads.append(name)
        self.context.traits.read.add(node.id)
        return name

    def _attribute(self, node: ast.Attribute) -> Expression:
        name = node.attr
        if name in TELLING_ATTRIBUTES or name == DATA and _may_be_tensor(node.value):
            self.context.traits.called.add(name)
        return Attribute(self.lower(node.value), name)

    def _call(self, node: ast.Call) -> Expression:
        outer = self.context.place
        place = self.context.new_place(node)
        callee = self.lower(node.func)
        if isinstance(callee, Name):
            self.context.traits.called.add(callee.variable[1])
        elif isinstance(callee, Attribute):
            self.context.traits.called.add(callee.name)
        arguments: list[Expression] = []
        keywords: list[tuple[str | None, Expression]] = []
        for argument in arguments_as_written(node.args, node.keywords):
            if isinstance(argument, ast.keyword):
                keywords.append((argument.arg, self.lower(argument.value)))
            else:
                arguments.append(self.lower(argument))
        self.context.place = outer
        call = Call(callee, arguments, keywords, place)
        self.context.traits.calls.append(call)
        return call

    def _subscript(self, node: ast.Subscript) -> Expression:
        value, index = self.lower(node.value), self.lower(node.slice)
        indices = index.elements if isinstance(index, Display) else [index]
        self.context.indexes += [each.variable[1] for each in indices if isinstance(each, Name)]
        return Subscript(value, index)

    def _slice(self, node: ast.Slice) -> Expression:
        bounds = (node.lower, node.upper, node.step)
        return Slice(*(self.lower_optional(bound) for bound in bounds))

    def _constant(self, node: ast.Constant) -> Expression:
        value = node.value
        if isinstance(value, str | bytes) and len(value) > LONGEST_STRING:
            return Opaque([])
        return Constant(value)

    def _formatted_parts(self, node: ast.JoinedStr) -> list[Expression]:
        lowered: list[Expression] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                lowered.append(self.lower(part.value))
                if isinstance(part.format_spec, ast.JoinedStr):
                    lowered += self._formatted_parts(part.format_spec)
        return lowered

    def _display(self, kind: str) -> Callable[[Any], Expression]:
        def lower(node: ast.Tuple | ast.List | ast.Set) -> Expression:
            place = self.context.place
            return Display(kind, [self.lower(element) for element in node.elts], place)

        return lower

    def _dict(self, node: ast.Dict) -> Expression:
        place = self.context.place
        items = [
            (self.lower_optional(key), self.lower(value))
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return DictDisplay(items, place)

    def _binary(self, node: ast.BinOp) -> Expression:
        left = self.lower(node.left)
        return Binary(OPERATORS[type(node.op)], left, self.lower(node.right))

    def _junction(self, node: ast.BoolOp) -> Expression:
        conjunctive = isinstance(node.op, ast.And)
        operands: list[Expression] = []
        for operand in map(self.lower, node.values):
            if isinstance(operand, Junction) and operand.conjunctive == conjunctive:
                operands += operand.operands
            else:
                operands.append(operand)
        return Junction(conjunctive, operands)

    def _unary(self, node: ast.UnaryOp) -> Expression:
        operand = self.lower(node.operand)
        if isinstance(node.op, ast.Not):
            return Negation(operand)
        if isinstance(node.op, ast.USub) and isinstance(operand, Constant):
            if isinstance(operand.value, int | float):
                return Constant(-operand.value)
        return Opaque([operand])

    def _comparison(self, node: ast.Compare) -> Expression:
        left = self.lower(node.left)
        parts: list[Expression] = []
        for operator, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.lower(comparator)
            parts.append(Comparison(OPERATORS[type(operator)], left, right))
            left = right
        return parts[0] if len(parts) == 1 else Junction(True, parts)

    def _conditional(self, node: ast.IfExp) -> Expression:
        then = self.lower(node.body)
        test = self.lower(node.test)
        return Conditional(test, then, self.lower(node.orelse))

    def _lambda(self, node: ast.Lambda) -> Expression:
        place = self.context.place
        parameters = self.parameters(node.args)
        outer = self.context.scope
        with (
            self.context.inside_function() as traits,
            self.context.inside(outer.inner(runs_later=True)) as scope,
        ):
            for parameter in parameters:
                scope.bind(parameter.name)
            before = len(self.context.reads)
            body = self.lower(node.body)
        reads = self.context.reads[before:]
        function = FunctionDefinition(
            name="<lambda>",
            scope=scope.number,
            parent_scope=outer.number,
            parameters=parameters,
            decorators=[],
            body=Jump(Exit.RETURN, Return(body, place, reads=reads)),
            place=place,
            called_names=frozenset(traits.called),
            read_names=frozenset(traits.read),
            calls=traits.calls,
            captured=scope.captured,
        )
        self.context.traits.called |= traits.called
        self.context.traits.read |= traits.read
        return Lambda(function)

    def _comprehension(self, kind: str) -> Callable[[Any], Expression]:
        def lower(node: Any) -> Expression:
            place = self.context.place
            outer = self.context.scope
            with self.context.inside(outer.inner(runs_later=kind == "generator")):
                parts = [node.key, node.value] if kind == "dict" else [node.elt]
                elements = [self.lower(part) for part in parts]
                first, *others = node.generators
                clauses = [self._clause(first, outer), *map(self._clause, others)]
                return Comprehension(kind, elements, clauses, place)

        return lower

    def _clause(self, node: ast.comprehension, outer: Scope | None = None) -> Clause:
        """One clause; what the first one iterates over is evaluated ``outer``, outside."""
        target = self.lower_target(node.target)
        inside = self.context.scope
        self.context.scope = outer or inside
        iterable = self.lower(node.iter)
        self.context.scope = inside
        return Clause(target, iterable, [self.lower(condition) for condition in node.ifs])

    def _walrus(self, node: ast.NamedExpr) -> Expression:
        return Assignment(self.bind(node.target.id), self.lower(node.value))

    def _yield(self, node: ast.Yield) -> Expression:
        self.context.traits.generator = True
        return Yield(self.lower_optional(node.value), delegating=False)

    def _yield_from(self, node: ast.YieldFrom) -> Expression:
        self.context.traits.generator = True
        return Yield(self.lower(node.value), delegating=True)


def arguments_as_written(
    positional: list[ast.expr], keywords: list[ast.keyword]
) -> list[ast.expr | ast.keyword]:
    """``f(a, key=b, *c)``: the star stands behind a keyword, ``ast`` has it before."""
    if keywords and any(isinstance(argument, ast.Starred) for argument in positional):
        return sorted([*positional, *keywords], key=lambda it: (it.lineno, it.col_offset))
    return [*positional, *keywords]


def _may_be_tensor(owner: ast.expr) -> bool:
    """Whether ``owner.data`` may be the numbers of a tensor: no data set, no package."""
    match owner:
        case ast.Name(id="self") | ast.Attribute(attr="utils"):
            return False
    return True
