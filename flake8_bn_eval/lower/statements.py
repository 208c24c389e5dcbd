"""Statements: libcst to flow nodes that hold operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

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
    Operation,
    Raise,
    Return,
)
from flake8_bn_eval.wording import identifiers

STORED_CONTEXT = "with"
"""Stands among the names of a function that enters a context which was made elsewhere."""
CATCHING_ALL = {"Exception", "BaseException"}


class StatementLowering:
    """Lowers statements in the current scope of a context."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.expressions = ExpressionLowering(context)
        self.patterns = PatternLowering(context, self.expressions)
        self._handlers: dict[type, Callable[[Any], Node]] = {
            cst.Expr: self._expression,
            cst.Assign: self._assign,
            cst.AnnAssign: self._annotated,
            cst.AugAssign: self._augmented,
            cst.Del: self._delete,
            cst.Pass: self._nothing,
            cst.Break: lambda node: self._jump(Exit.BREAK),
            cst.Continue: lambda node: self._jump(Exit.CONTINUE),
            cst.Return: self._return,
            cst.Raise: self._raise,
            cst.Assert: self._assert,
            cst.Import: self._import,
            cst.ImportFrom: self._import_from,
            cst.Global: self._global,
            cst.Nonlocal: self._nonlocal,
            cst.If: self._if,
            cst.While: self._while,
            cst.For: self._for,
            cst.With: self._with,
            cst.Try: self._try,
            cst.TryStar: self._try,
            cst.FunctionDef: self._function,
            cst.ClassDef: self._class,
            cst.Match: self._match,
        }

    def body(self, statements: Iterable[cst.CSTNode]) -> Node:
        """A sequence of statements as one node."""
        nodes: list[Node] = []
        above: cst.CSTNode | None = None
        for statement in statements:
            if isinstance(statement, cst.SimpleStatementLine):
                first = self.context.places
                nodes += [self.statement(small) for small in statement.body]
                if explains_mode(statement, above):
                    self.context.explained |= set(range(first, self.context.places))
            else:
                nodes.append(self.statement(statement))
            above = statement
        nodes = [node for node in nodes if node is not EMPTY]
        if len(nodes) == 1:
            return nodes[0]
        return FlowSequence(nodes) if nodes else EMPTY

    def statement(self, node: cst.CSTNode) -> Node:
        """One statement, small or compound."""
        self.context.new_place()
        self.context.reads = []
        handler = self._handlers.get(type(node))
        if handler is None:
            place = self.context.place
            parts = [self.expressions.lower(child) for child in node.children]
            return Step(Evaluate(Opaque(parts), place, reads=self.context.taken_reads()))
        return handler(node)

    def suite(self, node: cst.BaseSuite) -> Node:
        """An indented block, or statements on the line of their header."""
        return self.body(node.body)

    def _step(self, build: Callable[[int], Operation]) -> Node:
        return Step(build(self.context.place))

    def _expression(self, node: cst.Expr) -> Node:
        place = self.context.place
        value = self.expressions.lower(node.value)
        return Step(Evaluate(value, place, reads=self.context.taken_reads()))

    def _assign(self, node: cst.Assign) -> Node:
        place = self.context.place
        targets = [self.expressions.lower_target(each.target) for each in node.targets]
        value = self.expressions.lower(node.value)
        return Step(Assign(targets, value, place, reads=self.context.taken_reads()))

    def _annotated(self, node: cst.AnnAssign) -> Node:
        place = self.context.place
        target = self.expressions.lower_target(node.target)
        annotation = self.expressions.lower(node.annotation.annotation)
        value = self.expressions.lower_optional(node.value)
        if self.context.scope.is_class and isinstance(target, Name):
            self.context.annotated.append(Annotated(target.variable[1], annotation, value))
        if value is None:
            return EMPTY
        return Step(Assign([target], value, place, reads=self.context.taken_reads()))

    def _augmented(self, node: cst.AugAssign) -> Node:
        place = self.context.place
        target = self.expressions.lower_target(node.target)
        operator = OPERATORS[type(node.operator)]
        value = self.expressions.lower(node.value)
        reads = self.context.taken_reads() + ([target] if isinstance(target, Name) else [])
        return Step(AugmentedAssign(target, operator, value, place, reads=reads))

    def _delete(self, node: cst.Del) -> Node:
        place = self.context.place
        targets = node.target.elements if isinstance(node.target, cst.Tuple) else [node.target]
        deleted = [self.expressions.lower_target(each) for each in targets]
        return Step(Delete(deleted, place, reads=self.context.taken_reads()))

    def _nothing(self, node: cst.CSTNode) -> Node:
        return EMPTY

    def _jump(self, exit: Exit) -> Node:
        return Jump(exit)

    def _return(self, node: cst.Return) -> Node:
        place = self.context.place
        value = self.expressions.lower_optional(node.value)
        return Jump(Exit.RETURN, Return(value, place, reads=self.context.taken_reads()))

    def _raise(self, node: cst.Raise) -> Node:
        place = self.context.place
        cause = None if node.cause is None else node.cause.item
        parts = [self.expressions.lower(part) for part in (node.exc, cause) if part is not None]
        return Jump(Exit.RAISE, Raise(parts, place, reads=self.context.taken_reads()))

    def _assert(self, node: cst.Assert) -> Node:
        place = self.context.place
        check = self._check(node.test)
        message = self.expressions.lower_optional(node.msg)
        failed: list[Expression] = [] if message is None else [message]
        raised = Raise(failed, place, reads=self.context.taken_reads())
        return Branch(check, EMPTY, Jump(Exit.RAISE, raised))

    def _check(self, test: cst.BaseExpression) -> Check:
        condition = self.expressions.lower(test)
        return Check(condition, self.context.place, reads=self.context.taken_reads())

    def _import(self, node: cst.Import) -> Node:
        return self._imported(import_modules(node, self.context))

    def _import_from(self, node: cst.ImportFrom) -> Node:
        return self._imported(import_from(node, self.context))

    def _imported(self, operation: Import) -> Node:
        self.context.imports.append(operation)
        return Step(operation)

    def _global(self, node: cst.Global) -> Node:
        for item in node.names:
            self.context.scope.declare_global(item.name.value)
        return EMPTY

    def _nonlocal(self, node: cst.Nonlocal) -> Node:
        for item in node.names:
            self.context.scope.declare_nonlocal(item.name.value)
        return EMPTY

    def _if(self, node: cst.If) -> Node:
        check = self._check(node.test)
        then = self.suite(node.body)
        return Branch(check, then, self._otherwise(node.orelse))

    def _otherwise(self, node: cst.If | cst.Else | None) -> Node:
        if node is None:
            return EMPTY
        return self.statement(node) if isinstance(node, cst.If) else self.suite(node.body)

    def _while(self, node: cst.While) -> Node:
        check = self._check(node.test)
        body = self.suite(node.body)
        return Loop(check, body, self._otherwise(node.orelse))

    def _for(self, node: cst.For) -> Node:
        place = self.context.place
        target = self.expressions.lower_target(node.target)
        iterable = self.expressions.lower(node.iter)
        reads = self.context.taken_reads()
        before = len(self.context.indexes)
        body = self.suite(node.body)
        taken_by = self.context.indexes[before:]
        header = Iterate(target, iterable, place, _indexes(node, taken_by), reads=reads)
        return Loop(header, body, self._otherwise(node.orelse))

    def _with(self, node: cst.With) -> Node:
        place = self.context.place
        asynchronous = node.asynchronous is not None
        entries = []
        for item in node.items:
            context = self.expressions.lower(item.item)
            if isinstance(context, Name | Attribute):
                self.context.traits.called.add(STORED_CONTEXT)
            target = None
            if item.asname is not None:
                target = self.expressions.lower_target(item.asname.name)
            reads = self.context.taken_reads()
            entries.append(Enter(context, target, place, asynchronous, reads=reads))
        body = self.suite(node.body)
        for entry in reversed(entries):
            body = Scope(entry, body)
        return body

    def _try(self, node: cst.Try | cst.TryStar) -> Node:
        body = self.suite(node.body)
        handlers = [self._handler(handler) for handler in node.handlers]
        otherwise = self._otherwise(node.orelse)
        final = EMPTY if node.finalbody is None else self.suite(node.finalbody.body)
        catches_all = any(_catches_all(handler) for handler in node.handlers)
        return Try(body, handlers, otherwise, final, catches_all)

    def _handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> Node:
        place = self.context.place
        first: list[Node] = []
        if node.type is not None:
            caught = self.expressions.lower(node.type)
            first.append(Step(Evaluate(caught, place, reads=self.context.taken_reads())))
        if node.name is not None:
            target = self.expressions.lower_target(node.name.name)
            first.append(Step(Assign([target], Opaque([]), place)))
        return FlowSequence([*first, self.suite(node.body)])

    def _function(self, node: cst.FunctionDef) -> Node:
        place = self.context.place
        name = node.name.value
        variable = self.context.scope.bind(name)
        decorators = [self.expressions.lower(each.decorator) for each in node.decorators]
        self._type_parameters(node)
        parameters = self.expressions.parameters(node.params)
        if node.returns is not None:
            self.expressions.lower(node.returns.annotation)
        reads = self.context.taken_reads()
        outer, class_name = self.context.scope, self.context.class_names[-1]
        with (
            self.context.inside_function() as traits,
            self.context.inside(outer.inner(runs_later=True)) as scope,
        ):
            for parameter in parameters:
                scope.bind(parameter.name)
            body = self.suite(node.body)
        above = self.context.above[-1] if "super" in traits.called else set()
        definition = FunctionDefinition(
            name=name,
            scope=scope.number,
            parent_scope=outer.number,
            parameters=parameters,
            decorators=decorators,
            body=body,
            place=place,
            asynchronous=node.asynchronous is not None,
            generator=traits.generator,
            class_name=class_name,
            called_names=frozenset(traits.called | above),
            calls=traits.calls,
            captured=scope.captured,
        )
        self.context.functions.append(definition)
        return Step(DefineFunction(definition, variable, place, reads=reads))

    def _type_parameters(self, node: cst.FunctionDef | cst.ClassDef) -> None:
        """Bounds and defaults are evaluated when somebody asks: only their places count."""
        if node.type_parameters is not None:
            reads = self.context.taken_reads()
            self.expressions.lower(node.type_parameters)
            self.context.reads = reads

    def _class(self, node: cst.ClassDef) -> Node:
        place = self.context.place
        variable = self.context.scope.bind(node.name.value)
        decorators = [self.expressions.lower(each.decorator) for each in node.decorators]
        self._type_parameters(node)
        bases = [self.expressions.lower(each.value) for each in node.bases]
        for keyword in node.keywords:
            self.expressions.lower(keyword.value)
        reads = self.context.taken_reads()
        scope = self.context.scope.inner(is_class=True)
        self.context.class_names.append(node.name.value)
        self.context.above.append({node.name.value}.union(*map(identifiers, bases)))
        outer, self.context.annotated = self.context.annotated, []
        with self.context.inside(scope):
            body = self.suite(node.body)
        annotated, self.context.annotated = self.context.annotated, outer
        self.context.class_names.pop()
        self.context.above.pop()
        definition = ClassDefinition(
            node.name.value, scope.number, bases, decorators, body, place, _methods(body), annotated
        )
        self.context.classes.append(definition)
        return Step(DefineClass(definition, variable, place, reads=reads))

    def _match(self, node: cst.Match) -> Node:
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
        self, node: cst.MatchCase, held: Name, place: int
    ) -> tuple[Check, Sequence[Node], Node]:
        condition, captures = self.patterns.lower(node.pattern, held)
        if node.guard is not None:
            guard = self.expressions.lower(node.guard)
            condition = self.patterns.guarded(condition, captures, guard)
        reads = [held, *self.context.taken_reads()]
        capture = [Step(Assign([to], value, place, reads=[held])) for to, value in captures]
        return Check(condition, place, reads=reads), capture, self.suite(node.body)


def _indexes(node: cst.For, taken_by: list[str]) -> bool:
    """``for i in range(n): nets[i].eval()``: it runs over the elements of a list.

    ``taken_by`` are the names by which the body takes elements.
    """
    match node:
        case cst.For(target=cst.Name(value=target), iter=cst.Call(func=cst.Name(value="range"))):
            return target in taken_by
    return False


def _catches_all(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    if handler.type is None:
        return True
    return isinstance(handler.type, cst.Name) and handler.type.value in CATCHING_ALL


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
