"""Assembling a machine: every part of it, and what each is for, in one list."""

from __future__ import annotations

from flake8_bn_eval.flow.runner import Runner
from flake8_bn_eval.interpret.calls.builtin_calls import BuiltinCalls
from flake8_bn_eval.interpret.calls.callees import Calls
from flake8_bn_eval.interpret.calls.classes import Classes
from flake8_bn_eval.interpret.calls.decorators import Decorators
from flake8_bn_eval.interpret.calls.following import Following
from flake8_bn_eval.interpret.calls.functions import Functions
from flake8_bn_eval.interpret.calls.holders import Holders
from flake8_bn_eval.interpret.calls.inheritance import Inheritance
from flake8_bn_eval.interpret.calls.namespaces import Namespaces
from flake8_bn_eval.interpret.calls.receivers import Receivers
from flake8_bn_eval.interpret.calls.results import Results
from flake8_bn_eval.interpret.calls.types import Types
from flake8_bn_eval.interpret.calls.unseen_calls import UnseenCalls
from flake8_bn_eval.interpret.control.assignments import Assignments
from flake8_bn_eval.interpret.control.comparisons import Comparisons
from flake8_bn_eval.interpret.control.conditions import Conditions
from flake8_bn_eval.interpret.control.contexts import Contexts
from flake8_bn_eval.interpret.control.expressions import Expressions
from flake8_bn_eval.interpret.control.generators import Generators
from flake8_bn_eval.interpret.control.gradient_modes import GradientModes
from flake8_bn_eval.interpret.control.loops import Loops
from flake8_bn_eval.interpret.control.narrowing import Narrowing
from flake8_bn_eval.interpret.control.splitting import Splitting
from flake8_bn_eval.interpret.control.steps import Steps
from flake8_bn_eval.interpret.data.comprehensions import Comprehensions
from flake8_bn_eval.interpret.data.container_methods import ContainerMethods
from flake8_bn_eval.interpret.data.containers import Containers
from flake8_bn_eval.interpret.data.copies import Copies
from flake8_bn_eval.interpret.data.outputs import Data
from flake8_bn_eval.interpret.libraries.averages import Averages
from flake8_bn_eval.interpret.libraries.constructors import Constructors
from flake8_bn_eval.interpret.libraries.hooks import Hooks
from flake8_bn_eval.interpret.libraries.library import Library
from flake8_bn_eval.interpret.libraries.mode_contexts import ModeContexts
from flake8_bn_eval.interpret.links import Links, Neighbour, Neighbourhood
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.interpret.modules.called import CalledParts
from flake8_bn_eval.interpret.modules.forward import Forward
from flake8_bn_eval.interpret.modules.makeup import Makeup
from flake8_bn_eval.interpret.modules.methods import Modules
from flake8_bn_eval.interpret.modules.mode_switches import ModeSwitches
from flake8_bn_eval.interpret.modules.optimizers import Optimizers
from flake8_bn_eval.interpret.modules.submodules import SubmoduleWalk
from flake8_bn_eval.interpret.modules.watchers import Watchers
from flake8_bn_eval.interpret.modules.weights import Weights
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.operations import Program


def assemble(program: Program, knowledge: Knowledge, near: Neighbourhood | None = None) -> Machine:
    """A machine with all its parts."""
    near = near or Neighbourhood(Neighbour("", program))
    machine = Machine(near.programs, knowledge, has_callers=bool(near.callers))
    machine.links = Links(machine, near)
    machine.conditions = Conditions(machine)
    machine.comparisons = Comparisons(machine)
    machine.narrowing = Narrowing(machine)
    machine.containers = Containers(machine)
    machine.container_methods = ContainerMethods(machine)
    machine.loops = Loops(machine)
    machine.comprehensions = Comprehensions(machine)
    machine.functions = Functions(machine)
    machine.generators = Generators(machine)
    machine.classes = Classes(machine)
    machine.holders = Holders(machine)
    machine.inheritance = Inheritance(machine)
    machine.modules = Modules(machine)
    machine.makeup = Makeup(machine)
    machine.weights = Weights(machine)
    machine.called_parts = CalledParts(machine)
    machine.mode_switches = ModeSwitches(machine)
    machine.hooks = Hooks(machine)
    machine.mode_contexts = ModeContexts(machine)
    machine.forward = Forward(machine)
    machine.watchers = Watchers(machine)
    machine.following = Following(machine)
    machine.namespaces = Namespaces(machine)
    machine.library = Library(machine)
    machine.results = Results(machine)
    machine.optimizers = Optimizers(machine)
    machine.copies = Copies(machine)
    machine.constructors = Constructors(machine)
    machine.contexts = Contexts(machine)
    machine.decorators = Decorators(machine)
    machine.gradient_modes = GradientModes(machine)
    machine.data = Data(machine)
    machine.calls = Calls(machine)
    machine.receivers = Receivers(machine)
    machine.builtin_calls = BuiltinCalls(machine)
    machine.unseen_calls = UnseenCalls(machine)
    machine.expressions = Expressions(machine)
    machine.steps = Steps(machine)
    machine.splitting = Splitting(machine)
    machine.assignments = Assignments(machine)
    machine.submodules = SubmoduleWalk(machine)
    machine.types = Types(machine)
    machine.averages = Averages(machine)
    machine.runner = Runner(machine.steps)
    return machine
