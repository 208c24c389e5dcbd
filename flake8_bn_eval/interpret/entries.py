"""Running something from where it is entered."""

from __future__ import annotations

from collections.abc import Callable

from flake8_bn_eval.flow.nodes import Exit, Node
from flake8_bn_eval.flow.runner import Exits
from flake8_bn_eval.interpret.machine import Machine, Unreachable, gradients_of
from flake8_bn_eval.modes.lattice import Gradient
from flake8_bn_eval.modes.states import State, join_all
from flake8_bn_eval.modes.world import World

Run = Callable[[World], Exits[State]]


def guarded(run: Run, world: World) -> Exits[State]:
    """Run an entry point."""
    try:
        return run(world)
    except Unreachable:
        return {}


def left_by(machine: Machine, body: Node, world: World) -> World:
    """The world that the body of a file leaves, or may leave by an exception."""
    runner = machine.runner
    before = world.fork()
    exits = guarded(lambda each: runner.run(body, (each,)), world)
    if Exit.NEXT not in exits:
        # A script that ends in `sys.exit(main())`: what it may leave on the way there.
        exits = guarded(lambda each: runner.contained(body, (each,)), before)
    state = exits.get(Exit.NEXT) or exits.get(Exit.RAISE)
    return join_all(state) if state else machine.new_world(gradients_of(Gradient.ON))
