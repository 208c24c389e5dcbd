"""Calls of libraries: what the knowledge tables say that they do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.calls.types import TESTS
from flake8_bn_eval.interpret.control.gradient_modes import ASKING
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.libraries.row_choices import row_for
from flake8_bn_eval.interpret.machine import Machine, Unreachable
from flake8_bn_eval.knowledge.rows import CallableRow
from flake8_bn_eval.modes.evidence import Tag, Use
from flake8_bn_eval.modes.things import (
    External,
    Function,
    GradientContext,
    Mapped,
    ModeContext,
    ObjectId,
    Partial,
)
from flake8_bn_eval.modes.values import NONE, UNKNOWN, Value, of_constant, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import LENGTH, Place

NEVER_ENDING = frozenset({"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"})
READING = frozenset({"numpy", "sklearn", "scipy", "matplotlib", "cv2", "PIL", "pandas", "json"})
PRINT = "print"
READING_BUILTINS = frozenset({"float", "int", PRINT, "str", "bool", "round", "format"})
COMBINING = ("torch.", "builtins.sum")
"""What makes one tensor of those in a list: the list then counts as what is in it."""
MOST_RANGE = 3


class Library:
    """Applies rows of the knowledge tables."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def call(
        self, path: str, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> Value:
        """Call something of a library by its dotted path."""
        if path in NEVER_ENDING:
            raise Unreachable
        if path.startswith(COMBINING):
            with_contents = self.machine.containers.with_contents
            positional = tuple(with_contents(each, world) for each in arguments.positional)
            arguments = replace(arguments, positional=positional)
        special = self._special(path, arguments, world, frame, place)
        if special is not None:
            return special
        row = self.machine.knowledge.callable(path)
        if row is None:
            return self.machine.results.unknown(path, arguments, world, frame, place)
        row = row_for(row, arguments, self.machine.knowledge)
        return self._known(path, row, arguments, world, frame, place)

    def _special(
        self, path: str, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> Value | None:
        package, _, name = path.rpartition(".")
        birth = (path, place, frame.path)
        if package == "builtins":
            return self._builtin(name, arguments, world, birth, place)
        if path in ASKING:
            return self.machine.gradient_modes.asked(world)
        if package == "tqdm" or package.startswith("tqdm."):
            return self.machine.container_methods.builtin("tqdm", arguments, world, birth)
        if path == "functools.partial" and arguments.positional:
            callee, *rest = arguments.positional
            inner, keywords = callee.only_thing, arguments.keywords
            if isinstance(inner, Partial) and not callee.guards:
                # As in Python, whoever calls it need not go through both.
                callee, rest = inner.callee, [*inner.arguments, *rest]
                keywords = (*inner.keywords, *keywords)
            return of_thing(Partial(callee, tuple(rest), keywords))
        if path == "collections.OrderedDict" and not arguments.positional:
            return self._builtin("dict", arguments, world, birth, place)
        if path == "collections.OrderedDict" and len(arguments) == 1:
            return self.machine.containers.of_pairs(arguments.positional[0], world, birth)
        if path in ("functools.wraps", "functools.lru_cache", "functools.cache"):
            return of_thing(External(path))
        return None

    def _builtin(
        self, name: str, arguments: Arguments, world: World, birth: object, place: Place
    ) -> Value | None:
        if name == LENGTH:
            return self._folded(name, arguments, world)
        if name == "len" and any(argument.lineage for argument in arguments):
            # How many rows an output has is none of its numbers.
            return UNKNOWN
        if name in READING_BUILTINS:
            if name == PRINT:
                self.machine.data.written(*arguments)
                return NONE
            for argument in arguments:
                self.machine.recorder.use(argument.lineage, Use.READ)
            folded = self._folded(name, arguments, world)
            if folded is not None:
                return folded
        if name in TESTS and len(arguments.positional) == 2:
            return self.machine.types.tested(name, *arguments.positional, world)
        if name == "type" and len(arguments.positional) == 1:
            return self.machine.types.type_of(arguments.positional[0], world)
        if name == "range":
            return self._range(arguments, world, birth)
        if name == "map" and len(arguments.positional) == 2:
            return of_thing(Mapped(*arguments.positional, place))
        if name == "dict":
            items = {key: value for key, value in arguments.keywords if key is not None}
            return self.machine.containers.mapping(items, world, birth)
        return self.machine.container_methods.builtin(name, arguments, world, birth)

    def _range(self, arguments: Arguments, world: World, birth: object) -> Value | None:
        """Few passes are worth telling apart; of many only the last two would be."""
        numbers = [each.constant.value for each in arguments.positional if each.constant]
        whole = [each for each in numbers if isinstance(each, int)]
        if not 0 < len(whole) == len(arguments.positional) < 3:
            return None
        values = range(*whole)
        if len(values) > MOST_RANGE:
            return None
        return self.machine.containers.sequence([of_constant(it) for it in values], world, birth)

    def _folded(self, name: str, arguments: Arguments, world: World) -> Value | None:
        value = arguments.get(0, None)
        if name == LENGTH and value is not None:
            elements = self.machine.containers.known_elements(value, world)
            return None if elements is None else of_constant(len(elements))
        if name == "bool" and value is not None:
            truth = self.machine.conditions.truth(value, world)
            return of_constant(truth) if truth is not None else value
        return None

    # Rows

    def _known(
        self,
        path: str,
        row: CallableRow,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        subject = arguments.get(row.argument, row.keyword)
        if row.fields is not None:
            made = self.machine.holders.made(path, row, arguments, world, frame, place)
            if made is not None:
                return made
        if row.restores is not None and row.returns == "context":
            held = arguments.positional if row.every else [subject] if subject else []
            return self._mode_context(path, row, held, place)
        if row.gradient is not None:
            return self._gradient_context(path, row, arguments, world, frame, place)
        self._act(row, subject, arguments, world, frame, place)
        if row.forwards and subject is not None and subject.objects:
            return self._forward(row, subject, arguments, world, frame, place)
        value = self._returned(path, row, subject, arguments, world, frame, place)
        if row.averages:
            self.machine.averages.note_made(row, arguments, value, place)
        if row.refreshes:
            self.machine.averages.note_refreshed(subject, world)
        if row.first_of is None:
            return value
        elements = [value, *[UNKNOWN] * (row.first_of - 1)]
        return self.machine.containers.sequence(elements, world, (path, place, frame.path))

    def _act(
        self,
        row: CallableRow,
        subject: Value | None,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> None:
        """What a call does, whatever it returns."""
        if row.backward:
            for argument in arguments:
                self.machine.data.differentiate(argument, world, (place, frame))
        if row.steps:
            self.machine.optimizers.step(arguments, world, frame, place)
        if row.exports and subject is not None:
            self._export(row, subject, arguments, world, frame, place)
        if row.effect in ("eval", "train") and subject is not None:
            flag = arguments.get(1, "mode") or of_constant(True)
            flag = of_constant(False) if row.effect == "eval" else flag
            self._switch(subject, flag, world, frame, place, "module", above=row.effect == "train")
        elif row.sets is not None and subject is not None:
            self._set(row, subject, world, frame, place)

    def _export(
        self,
        row: CallableRow,
        subject: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> None:
        """``torch.jit.trace(model, x)``: the mode that the module has now is kept for good."""
        holds = self.machine.constructors.holds
        if not all(holds(condition, arguments) for condition in row.exports_if):
            return
        for identity in subject.objects:
            state = world.get(identity)
            record = self.machine.recorder.export(place, row.name, state.name, frame)
            record.modes = record.modes.join(state.modes)
            found = self.machine.makeup.sensitivity(identity, world)
            record.sensitive = record.sensitive.worse(found)

    def _forward(
        self,
        row: CallableRow,
        subject: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        """``sliding_window_inference(images, size, 4, model)``: what the module returns."""
        given = Arguments(tuple(it for it in arguments if it is not subject), (), arguments.open)
        if row.makes_up:
            given = Arguments((UNKNOWN.tagged(Tag.MADE_UP),))
        result = UNKNOWN
        for identity in sorted(subject.objects):
            name = world.get(identity).name
            result = self.machine.forward.call(identity, None, given, world, frame, place, name)
        return result.detached() if row.inside == "off" else result

    def _returned(
        self,
        path: str,
        row: CallableRow,
        subject: Value | None,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        match row.returns:
            case "module":
                return self.machine.constructors.module(path, row, arguments, world, frame, place)
            case "argument":
                if row.every and len(arguments.positional) > 1:
                    birth = (path, place, frame.path)
                    return self.machine.containers.sequence(arguments.positional, world, birth)
                return UNKNOWN if subject is None else subject
            case "copy" | "shallow copy":
                return (
                    UNKNOWN
                    if subject is None
                    else self.machine.copies.copy(path, row, subject, world, frame, place)
                )
            case "optimizer":
                return self.machine.optimizers.make(path, arguments, world, frame, place)
            case "tensor":
                return self._tensor(path, row, arguments, world)
            case "other" if row.parameter:
                if _needs_none(arguments):
                    return UNKNOWN.tagged(Tag.TENSOR)
                made = self.machine.results.other(path, arguments, world, frame, place)
                return made.tagged(Tag.DIFFERENTIATED)
            case "context" | "other":
                return self.machine.results.other(path, arguments, world, frame, place)
        return self.machine.results.unknown(path, arguments, world, frame, place)

    def _gradient_context(
        self,
        path: str,
        row: CallableRow,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        """``no_grad()``, ``inference_mode(flag)``; also ``no_grad(f)``, which wraps a function."""
        argument = arguments.get(row.argument, row.keyword)
        function = None if argument is None else argument.only_thing
        if isinstance(function, Function) and row.bare:
            gradient = "off" if row.gradient == "argument" else str(row.gradient)
            context = GradientContext(path, gradient, place)
            decorated = replace(function, decorators=(context, *function.decorators))
            return of_thing(decorated)
        context = self._context(path, row, argument, place)
        if row.immediate and not self.machine.decorating:
            context = replace(context, before=world.gradients)
            self.machine.contexts.apply(context, world, frame, place)
        return of_thing(context)

    def _mode_context(
        self, path: str, row: CallableRow, held: Iterable[Value], place: Place
    ) -> Value:
        """``eval_mode(net)``: in a mode, perhaps without gradients, until it is left."""
        gradients = None if row.gradient is None else GradientContext(path, row.gradient, place)
        modules = frozenset(identity for value in held for identity in value.objects)
        name, mode = path.rpartition(".")[2], str(row.sets or "same")
        return of_thing(ModeContext(name, place, modules, mode, str(row.restores), gradients))

    def _context(
        self, path: str, row: CallableRow, argument: Value | None, place: Place
    ) -> GradientContext:
        if argument is None or row.gradient == "on" or row.keyword is None:
            gradient = "on" if row.gradient == "argument" else str(row.gradient)
            return GradientContext(path, gradient, place)
        return GradientContext(path, str(row.gradient), place, argument)

    def _set(
        self, row: CallableRow, subject: Value, world: World, frame: Frame, place: Place
    ) -> None:
        if row.sets == "unknown":
            self.machine.modules.lose(subject, world)
        elif row.restores == "root":
            for identity in subject.objects:
                modes = world.get(identity).modes
                self.machine.mode_switches.set_modes(identity, modes, world, frame, place)
        elif row.sets in ("eval", "train"):
            name = row.name.rpartition(".")[2]
            flag = of_constant(row.sets == "train")
            self._switch(subject, flag, world, frame, place, name, by=name)

    def _switch(
        self,
        subject: Value,
        flag: Value,
        world: World,
        frame: Frame,
        place: Place,
        name: str,
        *,
        by: str | None = None,
        above: bool = False,
    ) -> None:
        switch = self.machine.mode_switches.switch

        def act(identity: ObjectId, each: World) -> None:
            switch(identity, flag, each, frame, place, name, by, above=above)

        self.machine.mode_switches.each_of(subject, world, act)

    # Data

    def _tensor(self, path: str, row: CallableRow, arguments: Arguments, world: World) -> Value:
        carried = self.machine.unseen_calls.carried(arguments, world)
        result = (UNKNOWN if carried is None else carried).descending(*arguments)
        tags = self._tags(arguments)
        if self.machine.results.is_made_up(path, arguments, world):
            tags.append(Tag.MADE_UP)
        elif path.startswith("torch."):
            tags.append(Tag.TENSOR)
        if tags:
            result = result.tagged(*tags)
        if row.effect == "use" or path.partition(".")[0] in READING:
            self.machine.recorder.use(result.lineage, Use.READ)
            return result.detached()
        if row.effect == "rank" and result.connected and arguments.positional:
            data, *others = arguments.positional
            ranked = self.machine.data.ranked(data, Arguments(tuple(others), arguments.keywords))
            return ranked.tagged(*tags)
        return result.detached() if row.effect == "detach" else result

    def _tags(self, arguments: Arguments) -> list[Tag]:
        tags = []
        for keyword, tag in (("volatile", Tag.VOLATILE), ("requires_grad", Tag.DIFFERENTIATED)):
            constant = arguments.literal(None, keyword)
            if constant is not None and constant.value is True:
                tags.append(tag)
        return tags


def _needs_none(arguments: Arguments) -> bool:
    """Whether a parameter is told that it needs no gradient."""
    flag = arguments.literal(1, "requires_grad")
    return flag is not None and flag.value is False
