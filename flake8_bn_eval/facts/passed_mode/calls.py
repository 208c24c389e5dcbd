"""The calls of models that are told their mode, each with its purpose and what it hands over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.forward import Purpose
from flake8_bn_eval.facts.passed_mode.handed import Handed, Handing, Manner, Mode
from flake8_bn_eval.facts.passed_mode.makeup import Makeup, Makeups
from flake8_bn_eval.facts.passed_mode.purposes import Purposes
from flake8_bn_eval.facts.passed_mode.steps import Chain, Step, Steps
from flake8_bn_eval.facts.passed_mode.views import View, Views
from flake8_bn_eval.facts.written.classes import ClassFact
from flake8_bn_eval.facts.written.survey import CallSite
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    ClassDefinition,
    Expression,
    FunctionDefinition,
    Name,
    Place,
)
from flake8_bn_eval.wording import describe

STATELESS = {
    "stateless_call": Manner(state=2),
    "apply": Manner(state=1, is_linen=True),
    "apply_fn": Manner(state=1, is_linen=True),
}
"""Methods by which a model is called that keeps no state itself."""
CALLING = frozenset({"call", "__call__"})
TRAIN_STEP = "train_step"


@dataclass(frozen=True, slots=True, eq=False)
class ModelCall:
    """A call of a model on one way to it."""

    chain: Chain
    subject: Expression
    makeup: Makeup
    handed: Handed
    step: Step | None
    purpose: Purpose
    trained: bool | None
    """Whether the variables of this model are those that are trained; None if unclear."""
    overrides_step: bool
    """It is the model itself, in its own ``train_step``."""

    @property
    def place(self) -> Place:
        """Where it is called."""
        return self.chain.site.call.place

    @property
    def name(self) -> str:
        """The model as it is written."""
        return describe(self.subject)

    @property
    def region(self) -> tuple[int, str]:
        """The function that it stands in, and the model: what one report is about."""
        return id(self.chain.site.function), self.name

    @property
    def is_told_to_train(self) -> bool:
        """Whether the call says training."""
        return self.handed.mode is Mode.ON

    @property
    def is_told_nothing(self) -> bool:
        """Whether a training step leaves the mode out."""
        return self.step is not None and self.handed.mode is Mode.NOTHING

    @property
    def is_inference(self) -> bool:
        """Whether names or data say that something is evaluated, and no step trains it."""
        return self.purpose is Purpose.INFERENCE


class ModelCalls:
    """Finds them in one file."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self.view: View = views.own
        self.makeups = Makeups(views)
        self.steps = Steps(self.view)
        self.handing = Handing(self.view)
        self.purposes = Purposes(self.view, self.steps)

    @cached_property
    def all(self) -> list[ModelCall]:
        """Every call of a model, once for each way to it."""
        found = [each for site in self.view.survey.calls for each in self._judged(site)]
        return sorted(found, key=lambda each: each.place)

    def _judged(self, site: CallSite) -> Iterator[ModelCall]:
        subject = self._subject(site)
        if subject is None or self.is_in_a_layers_call(site.function):
            return
        callee = site.call.callee
        method = callee.name if isinstance(callee, Attribute) else ""
        manner = STATELESS.get(method, Manner())
        handed = self.handing.of(site.call, self._signature(subject), manner)
        chains = self.steps.chains(site)
        around = [(chain, self.steps.around(chain)) for chain in chains]
        if handed.mode is not Mode.ON and handed.mode is not Mode.CALLER:
            around = [(chain, step) for chain, step in around if step is not None]
        if not around:
            return
        makeup = self.makeups.of(self.view, subject)
        if makeup is None:
            return
        for chain, step in around:
            yield self._call(chain, subject, makeup, handed, step)

    def _call(
        self, chain: Chain, subject: Expression, makeup: Makeup, handed: Handed, step: Step | None
    ) -> ModelCall:
        trained = None if step is None else self._is_trained(chain, subject, step)
        said = self._said(handed, chain)
        purpose = self.purposes.of(chain, step, said.callers)
        return ModelCall(
            chain,
            subject,
            makeup,
            said,
            step,
            purpose,
            trained,
            self._overrides_step(chain.site, subject),
        )

    # The model

    def _subject(self, site: CallSite) -> Expression | None:
        """What is called, if it may be a model."""
        callee = site.call.callee
        match callee:
            case Attribute(value=owner, name=name) if name in STATELESS:
                return owner if site.call.arguments else None
            case Name() | Attribute() if self._may_be_object(callee):
                return callee if site.call.arguments or site.call.keywords else None
        return None

    def _may_be_object(self, callee: Name | Attribute) -> bool:
        meanings = self.view.graph.bindings.meanings(callee)
        return not any(
            isinstance(each, FunctionDefinition | ClassDefinition | str) for each in meanings
        )

    def is_in_a_layers_call(self, function: FunctionDefinition | None) -> bool:
        """Inside the ``call`` of a layer the mode of the layer itself is passed on."""
        return any(
            each.name in CALLING and self.view.graph.classes.of_method(each) is not None
            for each in self.view.lexical(function)
        )

    def _class_of(self, subject: Expression, depth: int = 4) -> ClassFact | None:
        """The class of the file that a model is an object of."""
        graph = self.view.graph
        owner = graph.owner(subject)
        if owner is not None or depth == 0:
            return owner
        value = graph.single(subject)
        if value is None:
            return self._class_of_argument(subject, depth)
        if isinstance(value, Call):
            for meaning in graph.bindings.meanings(value.callee):
                if isinstance(meaning, ClassDefinition):
                    return graph.classes.of(meaning)
            return None
        return self._class_of(value, depth - 1)

    def _class_of_argument(self, subject: Expression, depth: int) -> ClassFact | None:
        if not isinstance(subject, Name) or subject.variable not in self.view.survey.parameters:
            return None
        function = self.view.survey.parameters[subject.variable][0]
        found = {
            id(fact): fact
            for caller in self.view.graph.callers(function)
            if (value := self.view.graph.argument(caller, subject.variable)[0]) is not None
            and (fact := self._class_of(value, depth - 1)) is not None
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def _signature(self, subject: Expression) -> FunctionDefinition | None:
        fact = self._class_of(subject)
        if fact is None:
            return None
        return fact.method("call") or fact.method("__call__")

    def has_telling_twin(self, call: ModelCall) -> bool:
        """Whether the other branch of a condition tells the same model to train."""
        site = call.chain.site
        return any(
            other.chain.site.function is site.function
            and other.name == call.name
            and other.is_told_to_train
            and any(
                mine.condition is theirs.condition and mine.holds is not theirs.holds
                for mine in site.guards
                for theirs in other.chain.site.guards
            )
            for other in self.all
        )

    # What it is told

    def _said(self, handed: Handed, chain: Chain) -> Handed:
        """What is handed over on one way, where a caller decides."""
        for caller in chain.callers:
            if handed.mode is not Mode.CALLER:
                return handed
            handed = self.handing.through(handed, caller)
        return handed

    # What is trained

    def _is_trained(self, chain: Chain, subject: Expression, step: Step) -> bool | None:
        if step.trained is None:
            return None
        names = self._names(chain, subject, step.depth)
        for root in step.trained:
            if any(name == root or name.startswith(f"{root}.") for name in names):
                return True
        part = any(root.startswith(f"{name}.") for root in step.trained for name in names)
        return None if part else False

    def _names(self, chain: Chain, subject: Expression, depth: int) -> set[str]:
        """What a model is called in the frame of a step, some callers out of the call."""
        expression: Expression | None = subject
        for caller in chain.callers[:depth]:
            if isinstance(expression, Name) and expression.variable in self.view.survey.parameters:
                if self.view.graph.owner(expression) is None:
                    expression = self.view.graph.argument(caller, expression.variable)[0]
            if expression is None:
                return set()
        found = {describe(expression)} if expression is not None else set[str]()
        single = None if expression is None else self.view.graph.single(expression)
        if isinstance(single, Name | Attribute):
            found.add(describe(single))
        return found

    def _overrides_step(self, site: CallSite, subject: Expression) -> bool:
        outermost = None if site.function is None else self.view.survey.outermost(site.function)
        if outermost is None or outermost.name != TRAIN_STEP:
            return False
        fact = self.view.graph.classes.of_method(outermost)
        root = subject
        while isinstance(root, Attribute):
            root = root.value
        is_own = fact is not None and self.view.graph.owner(root) is fact
        return is_own and (root is subject or self._is_named_model(subject))

    def is_layer(self, subject: Expression) -> bool:
        """Whether something is a single layer of the library, and no model."""
        value = self.view.graph.single(subject)
        if not isinstance(value, Call):
            return False
        rows = (self.view.knowledge.layer(it) for it in self.view.graph.callees(value.callee))
        return any(row is not None and not row.contains for row in rows) and not any(
            path.startswith(("keras.applications", "tensorflow.keras.applications"))
            for path in self.view.graph.callees(value.callee)
        )

    def _is_named_model(self, subject: Expression) -> bool:
        name = subject.name if isinstance(subject, Attribute) else describe(subject)
        return mentions(name, self.view.knowledge.vocabulary.modules)

    def is_named_model(self, call: ModelCall) -> bool:
        """Whether the name of what is called is that of a model."""
        return self._is_named_model(call.subject)

