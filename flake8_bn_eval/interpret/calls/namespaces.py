"""The names of a file as a table, from which something is chosen by a text.

``vars(models)[name]``, ``getattr(models, name)``, ``globals()[name]``: which of the names it is
nobody knows here, but where all of them make modules, or the text is called after networks, it
is something that makes a module.
"""

from __future__ import annotations

from collections.abc import Iterable

from flake8_bn_eval.flow.nodes import held
from flake8_bn_eval.interpret.calls.alternatives import MOST_APART
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.modes.things import (
    ANY,
    Class,
    Constant,
    External,
    Function,
    Namespace,
    Thing,
)
from flake8_bn_eval.modes.values import UNKNOWN, Value, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Expression, Name, Return
from flake8_bn_eval.wording import identifiers

AS_TABLE = ".__dict__"
OWN = "globals()"
RUNNING = "sys.modules"


class Namespaces:
    """Tells what a text may choose from the names of a file."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def is_named_for_networks(self, chosen_by: Expression) -> bool:
        """Whether an expression speaks of networks: ``args.arch``, ``config["model"]``."""
        vocabulary = self.machine.knowledge.vocabulary
        words = vocabulary.modules | vocabulary.architectures
        return any(mentions(each, words) for each in identifiers(chosen_by))

    def chosen(
        self,
        names: External | Namespace,
        chosen_by: Expression,
        key: Constant | None,
        world: World,
    ) -> Value:
        """What an expression, with the value of ``key`` if that is known, picks from names."""
        named = key is None and self.is_named_for_networks(chosen_by)
        if isinstance(names, Namespace):
            return self._of_file(names.base, key, world, named)
        return self._of_import(names.path, key, named)

    def _of_import(self, path: str, name: Constant | None, named: bool) -> Value:
        """Where the text is unknown it may be anything for which there is one row."""
        if path == RUNNING:
            return of_thing(Namespace(self.machine.frame.file))
        path = path.removesuffix(AS_TABLE)
        if name is not None and isinstance(name.value, str):
            found = External(f"{path}.{name.value}")
            return self.machine.links.of_thing(found) or of_thing(found)
        makers = self._makers(self.machine.links.candidates(path), path, named)
        if makers is not None:
            return makers
        row = self.machine.knowledge.callable(f"{path}.*")
        if row is not None and row.name == f"{path}.*" and row.returns == "module":
            return of_thing(External(row.name))
        if self.machine.knowledge.is_module_class(path) is False:
            # ``Generic[T]`` is a base as `Generic` is.
            return of_thing(External(path))
        package = self.machine.results.is_named_like_module(path)
        if name is None and package and not self.machine.links.tells_nothing(path):
            # Something out of sight that is called after the networks in it.
            return of_thing(External(f"{path}.{ANY}"))
        return UNKNOWN

    def _of_file(self, base: int, name: Constant | None, world: World, named: bool) -> Value:
        """One of the names that a file has by now."""
        if name is not None:
            found = world.names.get((base, str(name.value)))
            return UNKNOWN if found is None else found
        values = [value for (scope, _), value in world.names.items() if scope == base]
        values += self.machine.links.starred(base)
        settled = map(self.machine.links.settled, values)
        return self._makers(settled, OWN, named) or UNKNOWN

    def _makers(self, values: Iterable[Value], path: str, named: bool) -> Value | None:
        """Any of what a file offers: classes of modules, and what makes a module.

        None where nothing is in sight, and unknown where it may be anything else as well.
        """
        offered = {it for each in values for it in each.things if isinstance(it, Class | Function)}
        if not offered:
            return None
        makers = {each for each in offered if _gives(each) and self._surely_makes(each)}
        if not makers or not named and makers != offered:
            return UNKNOWN
        # Trying all of so many costs too much: it is a new module, whichever it is.
        few = len(makers) <= MOST_APART
        return Value(frozenset(makers) if few else frozenset({External(f"{path}.{ANY}")}))

    def _surely_makes(self, thing: Thing, depth: int = 3) -> bool:
        """Whether it is a class of modules, or a function that calls one or another maker."""
        may_make = self.machine.following.may_make(thing)
        if may_make or not isinstance(thing, Function) or depth == 0:
            return may_make
        callees = (call.callee for call in thing.definition.calls)
        named = (each.variable for each in callees if isinstance(each, Name))
        called = (self.machine.links.unassigned(each) for each in named)
        inner = (it for each in called if each is not None for it in each.things)
        return any(self._surely_makes(each, depth - 1) for each in inner)


def _gives(thing: Thing) -> bool:
    """Whether a call of it returns something."""
    if not isinstance(thing, Function):
        return True
    returned = (each for each in held(thing.definition.body) if isinstance(each, Return))
    return any(each.value is not None for each in returned)
