"""Assembling a machine: every part of it, and what each is for, in one list."""

from __future__ import annotations

from flake8_bn_eval.flow.runner import Runner
from flake8_bn_eval.interpret.assignments import Assignments
from flake8_bn_eval.interpret.averages import Averages
from flake8_bn_eval.interpret.builtin_calls import BuiltinCalls
from flake8_bn_eval.interpret.calls import Calls
from flake8_bn_eval.interpret.classes import Classes
from flake8_bn_eval.interpret.comparisons import Comparisons
from flake8_bn_eval.interpret.comprehensions import Comprehensions
from flake8_bn_eval.interpret.conditions import Conditions
from flake8_bn_eval.interpret.constructors import Constructors
from flake8_bn_eval.interpret.container_methods import ContainerMethods
from flake8_bn_eval.interpret.containers import Containers
from flake8_bn_eval.interpret.contexts import Contexts
from flake8_bn_eval.interpret.copies import Copies
from flake8_bn_eval.interpret.data import Data
from flake8_bn_eval.interpret.decorators import Decorators
from flake8_bn_eval.interpret.expressions import Expressions
from flake8_bn_eval.interpret.following import Following
from flake8_bn_eval.interpret.forward import Forward
from flake8_bn_eval.interpret.functions import Functions
from flake8_bn_eval.interpret.generators import Generators
from flake8_bn_eval.interpret.gradient_modes import GradientModes
from flake8_bn_eval.interpret.hooks import Hooks
from flake8_bn_eval.interpret.inheritance import Inheritance
from flake8_bn_eval.interpret.library import Library
from flake8_bn_eval.interpret.links import Links, Neighbour, Neighbourhood
from flake8_bn_eval.interpret.loops import Loops
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.interpret.makeup import Makeup
from flake8_bn_eval.interpret.mode_contexts import ModeContexts
from flake8_bn_eval.interpret.mode_switches import ModeSwitches
from flake8_bn_eval.interpret.modules import Modules
from flake8_bn_eval.interpret.narrowing import Narrowing
from flake8_bn_eval.interpret.optimizers import Optimizers
from flake8_bn_eval.interpret.receivers import Receivers
from flake8_bn_eval.interpret.results import Results
from flake8_bn_eval.interpret.splitting import Splitting
from flake8_bn_eval.interpret.steps import Steps
from flake8_bn_eval.interpret.submodules import SubmoduleWalk
from flake8_bn_eval.interpret.types import Types
from flake8_bn_eval.interpret.unseen_calls import UnseenCalls
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.operations import Program


def assemble(program: Program, knowledge: Knowledge, near: Neighbourhood | None = None) -> Machine:
    """A machine with all its parts."""
    near = near or Neighbourhood(Neighbour("", program))
    machine = Machine(near.programs, knowledge)
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
    machine.inheritance = Inheritance(machine)
    machine.modules = Modules(machine)
    machine.makeup = Makeup(machine)
    machine.mode_switches = ModeSwitches(machine)
    machine.hooks = Hooks(machine)
    machine.mode_contexts = ModeContexts(machine)
    machine.forward = Forward(machine)
    machine.following = Following(machine)
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
