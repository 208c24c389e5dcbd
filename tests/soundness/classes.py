"""Writes random classes: of modules, of trainers that hold one, of context managers."""

from __future__ import annotations

from tests.soundness.compounds import Statements
from tests.soundness.names import Function, Names, Shape, Trainer
from tests.soundness.tree import Block, Statement, compound, simple

GRADIENT_DECORATORS = (
    "@torch.no_grad()",
    "@torch.no_grad",
    "@torch.inference_mode()",
    "@torch.enable_grad()",
    "@torch.set_grad_enabled(False)",
    "@torch.set_grad_enabled(True)",
)


class Classes(Statements):
    """Classes, and classes derived from them."""

    def module_class(self, name: str) -> Statement:
        """A class with children, perhaps one that it is given, perhaps some that are hidden."""
        takes = self.chance.choice([None, None, "leaf", "plain"])
        kinds = [k for k in self.library.shapes if self.library.shapes[k].takes is None]
        children = [(".first", "leaf"), (".second", self.chance.choice(kinds))]
        if takes is not None:
            children[0] = (".first", takes)
        hidden = [(".kept[0]", "leaf")] if self.maybe(0.3) else []
        shape = Shape(name, f"{name}()", tuple(children), tuple(hidden), takes)
        body: Block = [compound(*self._constructor(shape))]
        body.append(self._forward(shape))
        inside = Names({"self": name}, frozenset({"self"}), None, True)
        self.library.shapes[name] = shape
        if self.maybe(0.25):
            body.append(self._train_override())
        if self.maybe(0.2):
            body.append(
                compound("def eval(self):", [*self._touch(inside), simple("return super().eval()")])
            )
        return compound(f"class {name}(nn.Module):", body)

    def _constructor(self, shape: Shape) -> tuple[str, Block]:
        body: Block = [simple("super().__init__()")]
        for suffix, kind in shape.children:
            given = shape.takes is not None and suffix == ".first"
            value = "net" if given else self.new(Names(), kind)
            body.append(simple(f"self{suffix} = {value}"))
        if shape.hidden:
            body.append(simple(f"self.kept = [{self.new(Names(), 'leaf')}]"))
        if self.maybe(0.25):
            suffix = self.chance.choice(shape.parts)[0]
            body.append(simple(f"self{suffix}.eval()"))
        parameter = "" if shape.takes is None else ", net"
        return f"def __init__(self{parameter}):", body

    def derived_class(self, name: str) -> Statement:
        """A class of modules that changes what another one does."""
        bases = [each for each in self.library.shapes.values() if each.kind.startswith("Net")]
        if not bases:
            return self.module_class(name)
        base = self.chance.choice(bases)
        shape = Shape(name, f"{name}()", base.children, base.hidden, base.takes)
        parameter, given = ("", "") if base.takes is None else (", net", "net")
        body: Block = []
        if self.maybe(0.6):
            more: Block = [simple(f"super().__init__({given})")]
            suffix = self.chance.choice(base.parts)[0]
            more.append(simple(f"self{suffix}.{self._plain_setting()}"))
            body.append(compound(f"def __init__(self{parameter}):", more))
        if self.maybe(0.4):
            body.append(self._forward(shape))
        self.library.shapes[name] = shape
        if self.maybe(0.4):
            body.append(self._train_override())
        return compound(f"class {name}({base.kind}):", body or [simple("pass")])

    def _forward(self, shape: Shape) -> Statement:
        """Mostly it does nothing but call; some do more, or without gradients."""
        body: Block = [self._through(shape)]
        if self.maybe(0.12):
            suffix = self.chance.choice(shape.parts)[0]
            body.insert(0, simple(f"self{suffix}.{self._plain_setting()}"))
        header = "def forward(self, x):"
        if self.maybe(0.12):
            header = f"{self.chance.choice(GRADIENT_DECORATORS)}\n{header}"
        return compound(header, body)

    def _through(self, shape: Shape) -> Statement:
        if self.maybe(0.3):
            return simple("return self.second(self.first(x))")
        return simple(f"return self{self.chance.choice(shape.parts)[0]}(x)")

    def _train_override(self) -> Statement:
        body = [simple("super().train(mode)"), simple(f"self.first.{self._plain_setting()}")]
        return compound("def train(self, mode=True):", [*body, simple("return self")])

    def _touch(self, inside: Names) -> Block:
        return [simple(f"{self.chance.choice(['self.first', 'self.second'])}.eval()")]

    def _plain_setting(self) -> str:
        return self.chance.choice(["eval()", "eval()", "train()"])

    def manager_class(self) -> Statement:
        """A class with ``__enter__`` and ``__exit__`` around a module."""
        name = self.fresh("Manager")
        enter = [
            simple("self.was = self.net.training"),
            simple(f"self.net.{self._plain_setting()}"),
        ]
        restore = self.chance.choice(["train(self.was)", "train(self.was)", "train()", "eval()"])
        self.library.managers.append(Function(name, (("net", "plain"),), "plain"))
        return compound(
            f"class {name}:",
            [
                compound("def __init__(self, net):", [simple("self.net = net")]),
                compound("def __enter__(self):", [*enter, simple("return self.net")]),
                compound("def __exit__(self, *exception):", [simple(f"self.net.{restore}")]),
            ],
        )

    def trainer(self, names: Names) -> Statement:
        """A class that holds a module and has methods which use each other."""
        kind = f"Trainer{len(self.library.trainers)}"
        holds = self.chance.choice([*self.library.shapes, "plain"])
        attribute = self.chance.choice(["model", "net"])
        constructor: Block = [simple(f"self.{attribute} = net")]
        if self.maybe(0.3):
            constructor.append(simple(f"self.{attribute}.{self._plain_setting()}"))
        body: Block = [compound("def __init__(self, net):", constructor)]
        shown = "body" if self.maybe(0.3) else ""
        if shown:
            body += self._shown(shown, attribute)
        methods: list[Function] = []
        for _ in range(self.chance.choice([1, 2, 3])):
            self.library.trainers[kind] = Trainer(kind, attribute, holds, tuple(methods), shown)
            parameters = self.chance.choice([(), (), (("flag", "flag"),)])
            method = Function(self.fresh("step"), parameters)
            body.append(self._method(names, kind, method))
            methods.append(method)
        self.library.trainers[kind] = Trainer(kind, attribute, holds, tuple(methods), shown)
        return compound(f"class {kind}:", body)

    def _shown(self, name: str, attribute: str) -> Block:
        """A property that hands out the module; one that is set may do more than keep it."""
        getter = compound(f"@property\ndef {name}(self):", [simple(f"return self.{attribute}")])
        if self.maybe(0.6):
            return [getter]
        setting = [simple(f"self.{attribute} = net.{self._plain_setting()}")]
        return [getter, compound(f"@{name}.setter\ndef {name}(self, net):", setting)]

    def _method(
        self, names: Names, kind: str, method: Function, before: Block | None = None
    ) -> Statement:
        parameters = method.parameters
        inner = names.nested({"self": kind, **dict(parameters)}, None)
        inner.fixed |= {"self"}
        listed = ", ".join(["self", *(parameter for parameter, _ in parameters)])
        statements = (before or []) + self.block(inner, self.chance.choice([2, 3]))
        definition = compound(f"def {method.name}({listed}):", statements)
        if self.maybe(0.2):
            header, block = definition.parts[0]
            mark = self.chance.choice(GRADIENT_DECORATORS)
            definition.parts[0] = (f"{mark}\n{header}", block)
        return definition

    def derived_trainer(self, names: Names) -> Statement:
        """A trainer that does some of its steps differently."""
        if not self.library.trainers:
            return self.trainer(names)
        base = self.chance.choice(list(self.library.trainers.values()))
        kind = f"Trainer{len(self.library.trainers)}"
        body: Block = []
        if self.maybe(0.4):
            more = simple(f"self.{base.attribute}.{self._plain_setting()}")
            body.append(
                compound("def __init__(self, net):", [simple("super().__init__(net)"), more])
            )
        self.library.trainers[kind] = Trainer(
            kind, base.attribute, base.holds, base.methods, base.shown
        )
        for method in self.chance.sample(base.methods, min(len(base.methods), 1)):
            given = ", ".join(parameter for parameter, _ in method.parameters)
            before = [simple(f"super().{method.name}({given})")] if self.maybe(0.6) else []
            # A step may call the other steps: none of them again, or it would never end.
            self.library.trainers[kind] = Trainer(kind, base.attribute, base.holds, ())
            body.append(self._method(names, kind, method, before))
        self.library.trainers[kind] = Trainer(
            kind, base.attribute, base.holds, base.methods, base.shown
        )
        return compound(f"class {kind}({base.kind}):", body or [simple("pass")])
