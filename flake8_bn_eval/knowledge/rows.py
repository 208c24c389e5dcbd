"""The rows of the knowledge tables: what a call of a library does to modes and gradients.

A row says only what is known.  A callable without a row is unknown, and so is
everything that it may do to a module handed to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NewType

Version = NewType("Version", str)
"""A version of PyTorch, as people write it: ``2.9``."""

Returns = Literal[
    "module",
    "argument",
    "copy",
    "shallow copy",
    "optimizer",
    "context",
    "tensor",
    "other",
    "unknown",
]
Starts = Literal["train", "eval", "same", "saved", "unknown"]
Sensitivity = Literal["yes", "no", "unknown"]
Gradient = Literal["off", "on", "argument", "inference"]
Receiver = Literal["module", "tensor", "optimizer", "any"]
Role = Literal[
    "training",
    "probability",
    "momentum",
    "epsilon",
    "tracking",
    "running mean",
    "running variance",
    "buffers",
    "evaluating",
    "updates",
]
MethodEffect = Literal[
    "eval",
    "train",
    "self",
    "forward",
    "neutral",
    "submodules",
    "apply",
    "register",
    "watch",
    "freeze",
    "backward",
    "step",
    "use",
    "detach",
    "same",
    "rank",
    "unknown",
]

Fields = Literal["keywords", "names", "annotations", "described"]

COMPOSITE = ("Transformer", "Attention", "Parallel")
"""In the names of those modules of `torch.nn` that have children, containers aside."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A layer reacts to its mode only if this argument is above ``above`` (True counts as 1)."""

    parameter: str
    position: int | None
    default: float
    above: float = 0.0


@dataclass(frozen=True, slots=True)
class Child:
    """A child of a model by its name, and whether anything in it looks at its mode."""

    name: str
    sensitive: Sensitivity = "yes"


@dataclass(frozen=True, slots=True)
class Flag:
    """An argument that chooses a mode: the one it chooses when it is true, or false."""

    parameter: str
    position: int | None
    default: bool
    true: Starts
    false: Starts


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument that decides what a call does with the mode, or with running statistics.

    ``default`` is what the library takes where it is not given; True counts as 1.
    """

    role: Role
    parameter: str
    position: int | None
    default: float | None = None


@dataclass(frozen=True, slots=True)
class CallableRow:
    """One function or class of a library.

    A name may end with the first argument, a literal string, in parentheses, as
    ``timm.create_model(vit_*)``: that row counts for calls with such an argument only.

    ``returns``      what a call gives: a new *module*, its *argument* itself (perhaps
                     wrapped), a deep *copy* of it, a *shallow copy* that shares its
                     submodules, an *optimizer*, a gradient *context*, a *tensor*
                     computed from its arguments alone, something *other* that matters to
                     nobody, or *unknown*
    ``argument``     the position of the argument meant by ``returns`` and ``sets``; for a
                     method, ``self`` does not count
    ``keyword``      the keyword of that argument
    ``every``        it returns each positional argument so: one alone, several as a tuple;
                     a context holds for each of them
    ``first_of``     it returns a tuple of so many, and this row is about the first of them
    ``forwards``     it calls its module argument with the other arguments: a forward call
    ``makes_up``     it makes up the data of that forward call
    ``starts``       the mode of the module returned; *saved* if it comes with the module
    ``sensitive``    whether that module computes differently in the two modes
    ``conditions``   must hold for a layer to be sensitive: ``needs`` all of them, or any
    ``roles``        arguments that decide about randomness and running statistics
    ``holds_norms``  norm layers with running statistics are somewhere in that module
    ``norms``        the keyword of the argument that makes all of its layers with a mode
    ``averages``     it averages the parameters of its module argument into the one returned
    ``refreshes``    it computes the running statistics of its module argument anew
    ``learns``       the module returned has weights that start at random
    ``children``     the children of the module returned, in their order
    ``weightless``   the module returned has no parameters at all
    ``reads``        the module returned reads the numbers of what it and its methods are given,
                     as a metric does
    ``parameter``    what it returns is a parameter, and needs a gradient unless told otherwise
    ``registers``    modules among the arguments become children of the module returned
    ``sets``         the mode it leaves its module argument in; *unknown* if it may change it
    ``flag``         an argument that chooses the mode meant by ``sets``, or else by ``starts``
    ``restores``     a context that ``sets`` a mode gives the *root* of the module its mode
                     back, and that mode to all below it, or gives *each* its own; a call that
                     leaves the mode the *same* may do so, too
    ``effect``       it does to that argument what a method of it with this effect does:
                     ``torch.argmax(x)`` is ``x.argmax()``
    ``gradient``     what the context sets: off, on, the value of its argument, or *inference*:
                     off for everything inside; a ``keyword`` names an argument of *off* and
                     *inference* that says whether they do so at all
    ``immediate``    the context acts when it is created (``set_grad_enabled``)
    ``bare``         used without parentheses as a decorator it works as well
    ``inside``       its module argument runs with gradients *off* inside it
    ``backward``     it differentiates its arguments
    ``exports``      it makes something of its module argument that keeps its mode for good, if
                     all ``exports_if`` hold
    ``steps``        it takes an optimizer step (a fused training step)
    ``fields``       what it makes keeps values under names: an object with the *keywords* of
                     the call, tuples of a class whose elements the second argument *names*;
                     the *annotations* of a class that it decorates, or that is derived from
                     it; a field is *described* by a call in the place of its default
    ``since``        the first version of PyTorch for which the row holds
    ``before``       the first version for which it holds no more
    ``source``       where the fact is from
    """

    name: str
    source: str
    returns: Returns = "unknown"
    argument: int = 0
    keyword: str | None = None
    every: bool = False
    first_of: int | None = None
    forwards: bool = False
    makes_up: bool = False
    starts: Starts = "unknown"
    sensitive: Sensitivity = "unknown"
    conditions: tuple[Condition, ...] = ()
    needs: Literal["all", "any"] = "all"
    roles: tuple[Argument, ...] = ()
    holds_norms: bool = False
    norms: str | None = None
    averages: bool = False
    refreshes: bool = False
    learns: bool = False
    children: tuple[Child, ...] = ()
    weightless: bool = False
    reads: bool = False
    parameter: bool = False
    registers: bool = False
    sets: Starts | None = None
    flag: Flag | None = None
    restores: Literal["root", "each"] | None = None
    effect: MethodEffect | None = None
    gradient: Gradient | None = None
    immediate: bool = False
    bare: bool = False
    inside: Literal["off"] | None = None
    backward: bool = False
    exports: bool = False
    exports_if: tuple[Condition, ...] = ()
    steps: bool = False
    fields: Fields | None = None
    since: Version | None = None
    before: Version | None = None

    @property
    def is_single_layer(self) -> bool:
        """Whether the module that it makes has no children."""
        composite = self.registers or any(word in self.name for word in COMPOSITE)
        return self.name.startswith("torch.nn.") and not composite and "*" not in self.name


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method, by the kind of its receiver.

    Of a module: *eval* and *train* set the mode (train by its argument), *self* returns
    the module itself, *forward* is a forward call, *neutral* does nothing to modes,
    *submodules* iterates over its submodules, *apply* calls a function on each of them,
    *register* adds a child, *watch* gives each output to a function, *freeze* is
    ``requires_grad_``, *unknown* may do anything.

    Of a tensor: *backward* uses its gradient, *use* reads its value and leaves the graph
    (``item``, ``numpy``), *detach* returns a tensor without a graph, *same* returns a
    tensor with the same graph, *rank* returns numbers with the same graph and then the
    places where they stood, without one (``topk``), *neutral* reads neither value nor graph
    (``shape``).
    Of an optimizer: *step*, *neutral*.

    ``gradient_inside``  a *forward* that runs without gradients by itself
    ``sets``             the mode in which a *forward* puts the module first, and leaves it
    ``recursive``        *submodules* at any depth, the module itself among them
    ``parameters``       an *eval* that also leaves its parameters without gradients (``frozen``),
                         or a *train* that leaves them with some (``trainable``)
    ``since``, ``before``  the versions of PyTorch for which the row holds
    """

    receiver: Receiver
    name: str
    effect: MethodEffect
    source: str
    gradient_inside: Literal["off"] | None = None
    sets: Literal["eval", "train"] | None = None
    recursive: bool = False
    parameters: Literal["frozen", "trainable"] | None = None
    since: Version | None = None
    before: Version | None = None


@dataclass(frozen=True, slots=True)
class HookRow:
    """A method that a framework calls by itself on objects of a class with this base.

    ``module``    where the module is: ``self``, another parameter, or an attribute of one
                  (``runner.model``)
    ``mode``      the mode in which the framework has put that module by then
    ``gradient``  whether the framework records gradients meanwhile
    ``since``, ``before``  the versions of PyTorch for which the row holds
    """

    base: str
    name: str
    source: str
    module: str = "self"
    mode: Literal["train", "eval", "unknown"] = "unknown"
    gradient: Literal["on", "off", "unknown"] = "unknown"
    since: Version | None = None
    before: Version | None = None


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer or model of a framework that has no mode of its own: each call is told one.

    ``framework``   whose manner it is: *keras* (``layer(x, training=True)``), *linen* (Flax:
                    an argument of the constructor or of the call, and no state), *graph*
                    (TensorFlow 1: a function that builds a layer and calls it at once), or
                    *stateful*: it has a mode, which a callable tells of, and only its
                    momentum is meant here
    ``sensitive``   whether it computes differently in training
    ``conditions``  must hold for it to be sensitive: ``needs`` all of them, or any
    ``contains``    it is made of the layers among its arguments
    ``roles``       *training*: the argument that is the mode; *evaluating*: the same with the
                    opposite sense (``deterministic``); *momentum*: the weight of the **old**
                    running statistics; *updates*: where the updates of the running statistics
                    go, which None runs at once
    ``source``      where the fact is from
    """

    name: str
    source: str
    framework: Literal["keras", "linen", "graph", "stateful"]
    sensitive: Sensitivity = "no"
    conditions: tuple[Condition, ...] = ()
    needs: Literal["all", "any"] = "all"
    contains: bool = False
    roles: tuple[Argument, ...] = ()

    def role(self, role: Role) -> Argument | None:
        """The argument with a role."""
        return next((each for each in self.roles if each.role == role), None)


@dataclass(frozen=True, slots=True)
class DifferentiatorRow:
    """What differentiates whatever runs inside it.

    ``form``  a *context*, which is asked for gradients afterwards (``GradientTape``), or a
              *function* that is given the function to differentiate (``jax.grad``)
    """

    name: str
    source: str
    form: Literal["context", "function"]


@dataclass(frozen=True, slots=True)
class RemovedRow:
    """A function that newer versions of its library do not have.

    ``version``  the first one without it, as people say it
    ``instead``  what does its work now
    """

    name: str
    source: str
    version: str
    instead: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words by which people name things; each is a lower-case word or part of a word.

    They are evidence, never proof: they decide how sure a purpose is, not a mode.
    """

    evaluation_functions: frozenset[str] = frozenset()
    measuring_functions: frozenset[str] = frozenset()
    training_functions: frozenset[str] = frozenset()
    evaluation_data: frozenset[str] = frozenset()
    training_data: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    losses: frozenset[str] = frozenset()
    factories: frozenset[str] = frozenset()
    test_frameworks: frozenset[str] = frozenset()
    mode_changers: frozenset[str] = frozenset()
    mode_keepers: frozenset[str] = frozenset()
    gradient_changers: frozenset[str] = frozenset()
    forward_methods: frozenset[str] = frozenset()
    predicting_methods: frozenset[str] = frozenset()
    managing_methods: frozenset[str] = frozenset()
    naming_methods: frozenset[str] = frozenset()
    preparers: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    metrics: frozenset[str] = frozenset()
    norms: frozenset[str] = frozenset()
    made_up_data: frozenset[str] = frozenset()
    loading_arguments: frozenset[str] = frozenset()
    architectures: frozenset[str] = frozenset()
    loading: frozenset[str] = frozenset()
    norms_without_statistics: frozenset[str] = frozenset()
    single_layers: frozenset[str] = frozenset()
    number_attributes: frozenset[str] = frozenset()
    mode_flags: frozenset[str] = frozenset()
    statistics_keepers: frozenset[str] = frozenset()
    noisy_modules: frozenset[str] = frozenset()
    frozen_modules: frozenset[str] = frozenset()
    noisy_functions: frozenset[str] = frozenset()
    trained_variables: frozenset[str] = frozenset()
    mode_arguments: frozenset[str] = frozenset()
    opposite_mode_arguments: frozenset[str] = frozenset()
    update_words: frozenset[str] = frozenset()
    other_models: frozenset[str] = frozenset()
    table_methods: frozenset[str] = frozenset()
    told_members: frozenset[str] = frozenset()
