"""Expressions: libcst to the records of ``operations``.

Children are lowered in source order, because places count calls in that order; the
record is put together afterwards.  What is not modelled becomes `Opaque` over its
parts, so that no call inside it is lost.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

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

LITERALS = {"True": True, "False": False, "None": None}
LONGEST_STRING = 200
TELLING_ATTRIBUTES = frozenset({"eval", "train", "no_grad", "inference_mode", "training"})
"""Names that tell something although they are not called."""
DATA = "data"
"""An attribute that tells something where it is one of a tensor."""

OPERATORS: dict[type, str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.PowerAssign: "**",
    cst.MatrixMultiplyAssign: "@",
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
    cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>",
}


class ExpressionLowering:
    """Lowers expressions in the current scope of a context."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._handlers: dict[type, Callable[[Any], Expression]] = {
            cst.Name: self._name,
            cst.Attribute: self._attribute,
            cst.Call: self._call,
            cst.Subscript: self._subscript,
            cst.SimpleString: self._string,
            cst.Integer: lambda node: Constant(int(node.value, 0)),
            cst.Float: lambda node: Constant(float(node.value)),
            cst.Imaginary: lambda node: Constant(complex(node.value)),
            cst.ConcatenatedString: self._concatenated,
            cst.FormattedString: self._formatted,
            cst.Tuple: self._display("tuple"),
            cst.List: self._display("list"),
            cst.Set: self._display("set"),
            cst.Dict: self._dict,
            cst.BinaryOperation: self._binary,
            cst.BooleanOperation: self._junction,
            cst.UnaryOperation: self._unary,
            cst.Comparison: self._comparison,
            cst.IfExp: self._conditional,
            cst.Lambda: self._lambda,
            cst.ListComp: self._comprehension("list"),
            cst.SetComp: self._comprehension("set"),
            cst.GeneratorExp: self._comprehension("generator"),
            cst.DictComp: self._comprehension("dict"),
            cst.NamedExpr: self._walrus,
            cst.Await: self._await,
            cst.Yield: self._yield,
            cst.Ellipsis: lambda node: Constant(...),
            cst.StarredElement: lambda node: Starred(self.lower(node.value)),
            cst.Element: lambda node: self.lower(node.value),
        }

    def lower(self, node: cst.CSTNode) -> Expression:
        """The record of an expression."""
        handler = self._handlers.get(type(node))
        if handler is None:
            return Opaque([self.lower(child) for child in node.children])
        return handler(node)

    def lower_optional(self, node: cst.CSTNode | None) -> Expression | None:
        """The record of an expression that may be absent."""
        return None if node is None else self.lower(node)

    def lower_target(self, node: cst.CSTNode) -> Expression:
        """The target of an assignment: the names in it are bound."""
        match node:
            case cst.Name():
                return Name(self.context.scope.bind(node.value))
            case cst.Tuple() | cst.List():
                place = self.context.place
                return Display("tuple", [self.lower_target(e) for e in node.elements], place)
            case cst.StarredElement():
                return Starred(self.lower_target(node.value))
            case cst.Element():
                return self.lower_target(node.value)
        return self.lower(node)

    def parameters(self, node: cst.Parameters) -> list[Parameter]:
        """Parameters in source order; their defaults belong to the scope around the function."""
        lowered = [self._parameter(each, "positional") for each in node.posonly_params]
        lowered += [self._parameter(each, "positional") for each in node.params]
        if isinstance(node.star_arg, cst.Param):
            lowered.append(self._parameter(node.star_arg, "variadic"))
        lowered += [self._parameter(each, "keyword") for each in node.kwonly_params]
        if node.star_kwarg is not None:
            lowered.append(self._parameter(node.star_kwarg, "mapping"))
        return lowered

    def _parameter(self, node: cst.Param, kind: str) -> Parameter:
        if node.annotation is not None:
            self.lower(node.annotation.annotation)
        return Parameter(node.name.value, kind, self.lower_optional(node.default))

    def _name(self, node: cst.Name) -> Expression:
        if node.value in LITERALS:
            return Constant(LITERALS[node.value])
        name = self.context.scope.read(node.value)
        self.context.reads.append(name)
        return name

    def _attribute(self, node: cst.Attribute) -> Expression:
        name = node.attr.value
        if name in TELLING_ATTRIBUTES or name == DATA and _may_be_tensor(node.value):
            self.context.traits.called.add(name)
        return Attribute(self.lower(node.value), name)

    def _call(self, node: cst.Call) -> Expression:
        outer = self.context.place
        place = self.context.new_place()
        callee = self.lower(node.func)
        if isinstance(callee, Name):
            self.context.traits.called.add(callee.variable[1])
        elif isinstance(callee, Attribute):
            self.context.traits.called.add(callee.name)
        arguments: list[Expression] = []
        keywords: list[tuple[str | None, Expression]] = []
        for argument in node.args:
            value = self.lower(argument.value)
            if argument.keyword is not None:
                keywords.append((argument.keyword.value, value))
            elif argument.star == "**":
                keywords.append((None, value))
            else:
                arguments.append(Starred(value) if argument.star else value)
        self.context.place = outer
        call = Call(callee, arguments, keywords, place)
        self.context.traits.calls.append(call)
        return call

    def _subscript(self, node: cst.Subscript) -> Expression:
        value = self.lower(node.value)
        indices = [self._index(element.slice) for element in node.slice]
        self.context.indexes += [each.variable[1] for each in indices if isinstance(each, Name)]
        index = indices[0] if len(indices) == 1 else Display("tuple", indices, self.context.place)
        return Subscript(value, index)

    def _index(self, node: cst.BaseSlice) -> Expression:
        if isinstance(node, cst.Index):
            return self.lower(node.value)
        assert isinstance(node, cst.Slice)
        bounds = (node.lower, node.upper, node.step)
        return Slice(*(self.lower_optional(bound) for bound in bounds))

    def _string(self, node: cst.SimpleString) -> Expression:
        text = node.value
        if len(text) > LONGEST_STRING:
            return Opaque([])
        if text[0] in "'\"" and "\\" not in text and text[:3] not in ("'''", '"""'):
            return Constant(text[1:-1])
        try:
            return Constant(ast.literal_eval(text))
        except (ValueError, SyntaxError):
            return Opaque([])

    def _concatenated(self, node: cst.ConcatenatedString) -> Expression:
        left, right = self.lower(node.left), self.lower(node.right)
        if isinstance(left, Constant) and isinstance(right, Constant):
            if isinstance(left.value, str) and isinstance(right.value, str):
                return Constant(left.value + right.value)
        return Opaque([left, right])

    def _formatted(self, node: cst.FormattedString) -> Expression:
        return Formatted(self._formatted_parts(node.parts))

    def _formatted_parts(
        self, parts: Sequence[cst.BaseFormattedStringContent]
    ) -> list[Expression]:
        lowered: list[Expression] = []
        for part in parts:
            if isinstance(part, cst.FormattedStringExpression):
                lowered.append(self.lower(part.expression))
                lowered += self._formatted_parts(part.format_spec or ())
        return lowered

    def _display(self, kind: str) -> Callable[[Any], Expression]:
        def lower(node: cst.Tuple | cst.List | cst.Set) -> Expression:
            place = self.context.place
            return Display(kind, [self.lower(element) for element in node.elements], place)

        return lower

    def _dict(self, node: cst.Dict) -> Expression:
        place = self.context.place
        items: list[tuple[Expression | None, Expression]] = []
        for element in node.elements:
            key = self.lower(element.key) if isinstance(element, cst.DictElement) else None
            items.append((key, self.lower(element.value)))
        return DictDisplay(items, place)

    def _binary(self, node: cst.BinaryOperation) -> Expression:
        left = self.lower(node.left)
        return Binary(OPERATORS[type(node.operator)], left, self.lower(node.right))

    def _junction(self, node: cst.BooleanOperation) -> Expression:
        conjunctive = isinstance(node.operator, cst.And)
        operands: list[Expression] = []
        for operand in (self.lower(node.left), self.lower(node.right)):
            if isinstance(operand, Junction) and operand.conjunctive == conjunctive:
                operands += operand.operands
            else:
                operands.append(operand)
        return Junction(conjunctive, operands)

    def _unary(self, node: cst.UnaryOperation) -> Expression:
        operand = self.lower(node.expression)
        if isinstance(node.operator, cst.Not):
            return Negation(operand)
        if isinstance(node.operator, cst.Minus) and isinstance(operand, Constant):
            if isinstance(operand.value, int | float):
                return Constant(-operand.value)
        return Opaque([operand])

    def _comparison(self, node: cst.Comparison) -> Expression:
        left = self.lower(node.left)
        parts: list[Expression] = []
        for target in node.comparisons:
            right = self.lower(target.comparator)
            parts.append(Comparison(OPERATORS[type(target.operator)], left, right))
            left = right
        return parts[0] if len(parts) == 1 else Junction(True, parts)

    def _conditional(self, node: cst.IfExp) -> Expression:
        then = self.lower(node.body)
        test = self.lower(node.test)
        return Conditional(test, then, self.lower(node.orelse))

    def _lambda(self, node: cst.Lambda) -> Expression:
        place = self.context.place
        parameters = self.parameters(node.params)
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
            calls=traits.calls,
            captured=scope.captured,
        )
        self.context.traits.called |= traits.called
        return Lambda(function)

    def _comprehension(self, kind: str) -> Callable[[Any], Expression]:
        def lower(node: Any) -> Expression:
            place = self.context.place
            outer = self.context.scope
            with self.context.inside(outer.inner(runs_later=kind == "generator")):
                parts = [node.key, node.value] if kind == "dict" else [node.elt]
                elements = [self.lower(part) for part in parts]
                return Comprehension(kind, elements, self._clauses(node.for_in, outer), place)

        return lower

    def _clauses(self, node: cst.CompFor, outer: Scope | None = None) -> list[Clause]:
        """The clauses; what the first one iterates over is evaluated ``outer``, outside."""
        target = self.lower_target(node.target)
        inside = self.context.scope
        self.context.scope = outer or inside
        iterable = self.lower(node.iter)
        self.context.scope = inside
        conditions = [self.lower(each.test) for each in node.ifs]
        inner = [] if node.inner_for_in is None else self._clauses(node.inner_for_in)
        return [Clause(target, iterable, conditions), *inner]

    def _walrus(self, node: cst.NamedExpr) -> Expression:
        scope = self.context.scope
        assert isinstance(node.target, cst.Name)
        target = Name(scope.bind(node.target.value))
        return Assignment(target, self.lower(node.value))

    def _await(self, node: cst.Await) -> Expression:
        return Await(self.lower(node.expression))

    def _yield(self, node: cst.Yield) -> Expression:
        self.context.traits.generator = True
        if isinstance(node.value, cst.From):
            return Yield(self.lower(node.value.item), delegating=True)
        return Yield(self.lower_optional(node.value), delegating=False)


def _may_be_tensor(owner: cst.BaseExpression) -> bool:
    """Whether ``owner.data`` may be the numbers of a tensor: no data set, no package."""
    match owner:
        case cst.Name(value="self") | cst.Attribute(attr=cst.Name(value="utils")):
            return False
    return True
