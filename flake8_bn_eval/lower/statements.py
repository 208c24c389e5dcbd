"""Statements: ``ast`` to flow nodes that hold operations."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from flake8_bn_eval.flow.nodes import (
    EMPTY,
    Branch,
    Exit,
    Jump,
    Loop,
    Node,
    Scope,
    Step,
    Try,
)
from flake8_bn_eval.flow.nodes import Sequence as FlowSequence
from flake8_bn_eval.lower.comments import explains_mode
from flake8_bn_eval.lower.context import Context
from flake8_bn_eval.lower.expressions import OPERATORS, ExpressionLowering
from flake8_bn_eval.lower.imports import import_from, import_modules
from flake8_bn_eval.lower.patterns import PatternLowering
from flake8_bn_eval.operations import (
    Annotated,
    Assign,
    Attribute,
    AugmentedAssign,
    Check,
    ClassDefinition,
    DefineClass,
    DefineFunction,
    Delete,
    Enter,
    Evaluate,
    Expression,
    FunctionDefinition,
    Import,
    Iterate,
    Name,
    Opaque,
    Raise,
    Return,
)
from flake8_bn_eval.wording import identifiers

STORED_CONTEXT = "with"
"""Stands among the names of a function that enters a context which was made elsewhere."""
CATCHING_ALL = {"Exception", "BaseException"}
COMPOUND = (
    *(ast.If, ast.While, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Try, ast.TryStar),
    *(ast.Match, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)
"""The statements that hold others."""


class StatementLowering:
    """Lowers statements in the current scope of a context."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.expressions = ExpressionLowering(context)
        self.patterns = PatternLowering(context, self.expressions)
        self._handlers: dict[type, Callable[[Any], Node]] = {
            ast.Expr: self._expression,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.Delete: self._delete,
            ast.Pass: lambda node: EMPTY,
            ast.Break: lambda node: Jump(Exit.BREAK),
            ast.Continue: lambda node: Jump(Exit.CONTINUE),
            ast.Return: self._return,
            ast.Raise: self._raise,
            ast.Assert: self._assert,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Global: self._global,
            ast.Nonlocal: self._nonlocal,
            ast.If: self._if,
            ast.While: self._while,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Try: self._try,
            ast.TryStar: self._try,
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.ClassDef: self._class,
            ast.Match: self._match,
        }

    def body(self, statements: Sequence[ast.stmt]) -> Node:
        """A sequence of statements as one node."""
        nodes: list[Node] = []
        above: ast.stmt | None = None
        for statement in statements:
            first = self.context.next_place
            node = self.statement(statement)
            if not isinstance(statement, COMPOUND) and self._explained(statement, above):
                self.context.explained |= set(range(first, self.context.next_place))
            if node is not EMPTY:
                nodes.append(node)
            above = statement
        if len(nodes) == 1:
            return nodes[0]
        return FlowSequence(nodes) if nodes else EMPTY

    def _explained(self, statement: ast.stmt, above: ast.stmt | None) -> bool:
        """Whether a comment, or the string right above, tells why a mode is meant."""
        lines = self.context.explained_lines
        beside = statement.lineno in lines or statement.end_lineno in lines
        return beside or explains_mode(above)

    def statement(self, node: ast.stmt) -> Node:
        """One statement, simple or compound."""
        self.context.new_place(node)
        self.context.reads = []
        handler = self._handlers.get(type(node))
        return EMPTY if handler is None else handler(node)

    def _expression(self, node: ast.Expr) -> Node:
        place = self.context.place
        value = self.expressions.lower(node.value)
        return Step(Evaluate(value, place, reads=self.context.taken_reads()))

    def _assign(self, node: ast.Assign) -> Node:
        place = self.context.place
        targets = [self.expressions.lower_target(each) for each in node.targets]
        value = self.expressions.lower(node.value)
        return Step(Assign(targets, value, place, reads=self.context.taken_reads()))

    def _annotated(self, node: ast.AnnAssign) -> Node:
        place = self.context.place
        target = self.expressions.lower_target(node.target)
        in_class = self.context.scope.is_class and isinstance(target, Name)
        annotation = self.expressions.lower(node.annotation) if in_class else None
        value = self.expressions.lower_optional(node.value)
        if annotation is not None and isinstance(target, Name):
            self.context.annotated.append(Annotated(target.variable[1], annotation, value))
        if value is None:
            return EMPTY
        return Step(Assign([target], value, place, reads=self.context.taken_reads()))

    def _augmented(self, node: ast.AugAssign) -> Node:
        place = self.context.place
        target = self.expressions.lower_target(node.target)
        operator = OPERATORS[type(node.op)]
        value = self.expressions.lower(node.value)
        reads = self.context.taken_reads() + ([target] if isinstance(target, Name) else [])
        return Step(AugmentedAssign(target, operator, value, place, reads=reads))

    def _delete(self, node: ast.Delete) -> Node:
        place = self.context.place
        deleted = [self.expressions.lower_target(each) for each in node.targets]
        return Step(Delete(deleted, place, reads=self.context.taken_reads()))

    def _return(self, node: ast.Return) -> Node:
        place = self.context.place
        value = self.expressions.lower_optional(node.value)
        return Jump(Exit.RETURN, Return(value, place, reads=self.context.taken_reads()))

    def _raise(self, node: ast.Raise) -> Node:
        place = self.context.place
        written = (node.exc, node.cause)
        parts = [self.expressions.lower(part) for part in written if part is not None]
        return Jump(Exit.RAISE, Raise(parts, place, reads=self.context.taken_reads()))

    def _assert(self, node: ast.Assert) -> Node:
        place = self.context.place
        check = self._check(node.test)
        message = self.expressions.lower_optional(node.msg)
        failed: list[Expression] = [] if message is None else [message]
        raised = Raise(failed, place, reads=self.context.taken_reads())
        return Branch(check, EMPTY, Jump(Exit.RAISE, raised))

    def _check(self, test: ast.expr) -> Check:
        condition = self.expressions.lower(test)
        return Check(condition, self.context.place, reads=self.context.taken_reads())

    def _import(self, node: ast.Import) -> Node:
        return self._imported(import_modules(node, self.context))

    def _import_from(self, node: ast.ImportFrom) -> Node:
        return self._imported(import_from(node, self.context))

    def _imported(self, operation: Import) -> Node:
        self.context.imports.append(operation)
        return Step(operation)

    def _global(self, node: ast.Global) -> Node:
        for name in node.names:
            self.context.scope.declare_global(name)
        return EMPTY

    def _nonlocal(self, node: ast.Nonlocal) -> Node:
        for name in node.names:
            self.context.scope.declare_nonlocal(name)
        return EMPTY

    def _if(self, node: ast.If) -> Node:
        check = self._check(node.test)
        then = self.body(node.body)
        return Branch(check, then, self.body(node.orelse))

    def _while(self, node: ast.While) -> Node:
        check = self._check(node.test)
        body = self.body(node.body)
        return Loop(check, body, self.body(node.orelse))

    def _for(self, node: ast.For | ast.AsyncFor) -> Node:
        place = self.context.place
        target = self.expressions.lower_target(node.target)
        iterable = self.expressions.lower(node.iter)
        reads = self.context.taken_reads()
        before = len(self.context.indexes)
        body = self.body(node.body)
        taken_by = self.context.indexes[before:]
        header = Iterate(target, iterable, place, _indexes(node, taken_by), reads=reads)
        return Loop(header, body, self.body(node.orelse))

    def _with(self, node: ast.With | ast.AsyncWith) -> Node:
        place = self.context.place
        asynchronous = isinstance(node, ast.AsyncWith)
        entries = []
        for item in node.items:
            context = self.expressions.lower(item.context_expr)
            if isinstance(context, Name | Attribute):
                self.context.traits.called.add(STORED_CONTEXT)
            target = None
            if item.optional_vars is not None:
                target = self.expressions.lower_target(item.optional_vars)
            reads = self.context.taken_reads()
            entries.append(Enter(context, target, place, asynchronous, reads=reads))
        body = self.body(node.body)
        for entry in reversed(entries):
            body = Scope(entry, body)
        return body

    def _try(self, node: ast.Try | ast.TryStar) -> Node:
        body = self.body(node.body)
        handlers = [self._handler(handler) for handler in node.handlers]
        otherwise = self.body(node.orelse)
        final = self.body(node.finalbody)
        catches_all = any(_catches_all(handler) for handler in node.handlers)
        return Try(body, handlers, otherwise, final, catches_all)

    def _handler(self, node: ast.ExceptHandler) -> Node:
        place = self.context.place
        first: list[Node] = []
        if node.type is not None:
            caught = self.expressions.lower(node.type)
            first.append(Step(Evaluate(caught, place, reads=self.context.taken_reads())))
        if node.name is not None:
            first.append(Step(Assign([self.expressions.bind(node.name)], Opaque([]), place)))
        return FlowSequence([*first, self.body(node.body)])

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Node:
        place = self.context.place
        variable = self.context.scope.bind(node.name)
        decorators = [self.expressions.lower(each) for each in node.decorator_list]
        parameters = self.expressions.parameters(node.args)
        reads = self.context.taken_reads()
        outer, class_name = self.context.scope, self.context.class_names[-1]
        with (
            self.context.inside_function() as traits,
            self.context.inside(outer.inner(runs_later=True)) as scope,
        ):
            for parameter in parameters:
                scope.bind(parameter.name)
            body = self.body(node.body)
        above = self.context.above[-1] if "super" in traits.called else set()
        definition = FunctionDefinition(
            name=node.name,
            scope=scope.number,
            parent_scope=outer.number,
            parameters=parameters,
            decorators=decorators,
            body=body,
            place=place,
            asynchronous=isinstance(node, ast.AsyncFunctionDef),
            generator=traits.generator,
            class_name=class_name,
            called_names=frozenset(traits.called | above),
            read_names=frozenset(traits.read),
            calls=traits.calls,
            captured=scope.captured,
        )
        self.context.functions.append(definition)
        return Step(DefineFunction(definition, variable, place, reads=reads))

    def _class(self, node: ast.ClassDef) -> Node:
        place = self.context.place
        variable = self.context.scope.bind(node.name)
        decorators = [self.expressions.lower(each) for each in node.decorator_list]
        bases = [self.expressions.lower(each) for each in node.bases]
        for keyword in node.keywords:
            self.expressions.lower(keyword.value)
        reads = self.context.taken_reads()
        scope = self.context.scope.inner(is_class=True)
        self.context.class_names.append(node.name)
        self.context.above.append({node.name}.union(*map(identifiers, bases)))
        outer, self.context.annotated = self.context.annotated, []
        with self.context.inside(scope):
            body = self.body(node.body)
        annotated, self.context.annotated = self.context.annotated, outer
        self.context.class_names.pop()
        self.context.above.pop()
        definition = ClassDefinition(
            node.name, scope.number, bases, decorators, body, place, _methods(body), annotated
        )
        self.context.classes.append(definition)
        return Step(DefineClass(definition, variable, place, reads=reads))

    def _match(self, node: ast.Match) -> Node:
        place = self.context.place
        subject = self.expressions.lower(node.subject)
        held = Name(self.context.scope.bind(f"<match {place}>"))
        reads = self.context.taken_reads()
        cases = [self._case(case, held, place) for case in node.cases]
        chain: Node = EMPTY
        for check, capture, body in reversed(cases):
            chain = Branch(check, FlowSequence([*capture, body]), chain)
        return FlowSequence([Step(Assign([held], subject, place, reads=reads)), chain])

    def _case(
        self, node: ast.match_case, held: Name, place: int
    ) -> tuple[Check, Sequence[Node], Node]:
        condition, captures = self.patterns.lower(node.pattern, held)
        if node.guard is not None:
            guard = self.expressions.lower(node.guard)
            condition = self.patterns.guarded(condition, captures, guard)
        reads = [held, *self.context.taken_reads()]
        capture = [Step(Assign([to], value, place, reads=[held])) for to, value in captures]
        return Check(condition, place, reads=reads), capture, self.body(node.body)


def _indexes(node: ast.For | ast.AsyncFor, taken_by: list[str]) -> bool:
    """``for i in range(n): nets[i].eval()``: it runs over the elements of a list.

    ``taken_by`` are the names by which the body takes elements.
    """
    match node:
        case ast.For(target=ast.Name(id=target), iter=ast.Call(func=ast.Name(id="range"))):
            return target in taken_by
    return False


def _catches_all(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return isinstance(handler.type, ast.Name) and handler.type.id in CATCHING_ALL


def _methods(body: Node) -> dict[str, FunctionDefinition]:
    """The functions that a class body defines, whatever branch they stand in."""
    methods: dict[str, FunctionDefinition] = {}
    match body:
        case Step(operation=DefineFunction() as define):
            methods[define.definition.name] = define.definition
        case FlowSequence():
            for node in body.nodes:
                methods |= _methods(node)
        case Branch():
            methods |= _methods(body.otherwise) | _methods(body.then)
    return methods
