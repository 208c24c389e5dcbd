"""The words without which a family of rules cannot fire, for the test before parsing."""

from __future__ import annotations

import re

Word = str | re.Pattern[str]


class Elsewhere(tuple[Word, ...]):
    """Words of which one may also stand in another file, whose functions the text uses."""

    __slots__ = ()


Triggers = tuple[tuple[Word, ...], ...]
"""Words without which a rule cannot fire: one word of every inner tuple must occur.

A word is cheaper than a pattern, and decides first where both are given.
"""

FRAMEWORKS = ("torch", "paddle", "lightning", "timm", "transformers", ".eval()", ".train()")
SETTING = (".eval(", ".train(", "no_grad", "inference_mode", "set_grad_enabled")
DATA = re.compile(r"\.data\b(?<!utils\.data)(?!\w*\s*(?:import|as)\b)")
READING = (
    ".item(", ".detach(", ".numpy(", "argmax", "load_state_dict",
    ".tolist(", "torch.max(", ".topk(", "torch.load(", DATA,
)  # fmt: skip

DIFFERENTIATING = ("backward", "NativeScaler")

INFERENCE: Triggers = (FRAMEWORKS, (*SETTING, *READING, ".backward("))
"""Somebody sets a mode or a gradient mode, trains, loads weights or reads an output."""

TRAINING: Triggers = (
    FRAMEWORKS,
    Elsewhere((".eval(", ".train(", "from_pretrained")),
    Elsewhere(DIFFERENTIATING),
    (*DIFFERENTIATING, "loss", "Loss", "criterion", "cross_entropy"),
)
"""Somebody sets a mode and differentiates what is a loss here."""

FORCED = re.compile(r"requires_grad(?:_\(|\s*=\s*True)")

NO_GRAPH: Triggers = (
    FRAMEWORKS,
    Elsewhere(("no_grad", "inference_mode", "set_grad_enabled", "detach", ".numpy(", FORCED)),
    ("backward", "grad("),
)
"""Somebody differentiates, and somebody cuts graphs off, or hides that there is none."""

NO_GRADIENT: Triggers = (FRAMEWORKS, ("no_grad", "inference_mode", "set_grad_enabled"))
"""Somebody turns gradients off."""

MODE_METHODS: Triggers = (FRAMEWORKS, (re.compile(r"\.(?:eval|train)\b(?![ \t]*\()"),))
"""Somebody speaks of the methods that set the mode, and does not call them."""

ASSIGNING_TRAINING: Triggers = (
    FRAMEWORKS,
    (
        "training =",
        "training=",
        "'training'",
        '"training"',
        re.compile(r"\b(?:if|while|and|or|not) [\w.]+\.(?:train|eval)\b(?![ \t]*[(.\w])"),
    ),
)
"""Somebody assigns to the flag itself, or asks a method as if it were one."""

TRACKING: Triggers = ((".track_running_stats", "'track_running_stats'", '"track_running_stats"'),)
"""Somebody uses the attribute of a norm layer."""

OVERRIDING: Triggers = (
    FRAMEWORKS,
    ("Module", "class "),
    ("def train(", "def eval(", ".train =", ".eval ="),
)
"""Somebody gives a class, or an object, a method or an attribute of these names."""

FUNCTIONAL_DROPOUT: Triggers = (
    ("torch", "paddle"),
    (
        "F.dropout",
        "functional.dropout",
        "func.dropout",
        "torch.dropout",
        "functional import",
        "scaled_dot_product_attention",
        "multi_head_attention_forward",
    ),
)
"""Somebody calls dropout as a function."""

HELPER = r"(?:self\.)?[a-z_]\w*\("
CONTAINER = rf"(?:[\[{{(]|list|dict|tuple|\w*Dict|\w+ *(?:#.*)?$|{HELPER})"
KEEPING: Triggers = (
    FRAMEWORKS,
    ("Module",),
    # A pattern that begins with a plain word is searched for ten times as fast.
    (re.compile(rf"self\.(?<!\wself\.)\w+(?: *:[^=\n]+)? *= *{CONTAINER}", re.MULTILINE),),
)
"""A module may keep others in a plain container."""

MOMENTUM: Triggers = (("BatchNorm", "InstanceNorm"), ("momentum", "Norm1d(", "Norm2d(", "Norm3d("))
"""Somebody builds norm layers with arguments, or changes them."""

KINDS = "Dropout|Norm|Linear|linear|Conv|Embedding|RNN|GRU|LSTM|Attention|Transformer"
BUILDING_LAYERS: Triggers = (
    ("torch",),
    ("def forward", "def __call__"),
    (
        re.compile(r"\)\([^)\s]"),
        re.compile(rf"\n      +\w+ = [\w.]*?(?:{KINDS})\w*\("),
        re.compile(rf"\n\t\t+\w+ = [\w.]*?(?:{KINDS})\w*\("),
    ),
)
"""Somebody calls what is made on the spot, or gives it to a local name in a function."""

FUNCTIONAL_NORM: Triggers = (
    ("torch",),
    ("F.batch_norm", "functional.batch_norm", "torch.batch_norm", "functional import"),
)
"""Somebody normalises by a function."""

UNTRACKED: Triggers = (("track_running_stats",), ("BatchNorm",), (".eval(", ".train(False"))
"""Somebody builds a norm without running statistics and evaluates something."""

AVERAGING: Triggers = (
    ("torch",),
    ("AveragedModel", "parameters()"),
    ("AveragedModel", ".mul_(", ".lerp_(", ".copy_(", ".add_("),
    (".eval(", ".train(False"),
)
"""Somebody averages parameters, with the library or by hand, and evaluates something."""

NORMS = ("norm", "Norm", "bn", "BN")

FREEZING: Triggers = (
    FRAMEWORKS,
    (*NORMS, "torchvision"),
    (".eval()", ".train(False)", "requires_grad", "mode=False"),
    ("def ", "for ", ".apply(", "eval()"),
)
"""Somebody may put norm layers, or models that hold some, in evaluation mode."""

FREEZING_PARAMETERS: Triggers = (FRAMEWORKS, NORMS, ("requires_grad",))
"""Somebody may stop the parameters of norm layers from learning."""

EXPORTING: Triggers = (
    ("torch",),
    ("jit.trace", "export(", "jit.freeze", "freeze(", "fuse_modules", "convert(", "trace("),
)
"""Somebody exports a module."""

PROBING: Triggers = (
    FRAMEWORKS,
    ("zeros(", "ones(", "rand(", "randn(", "empty(", "summary("),
    ("load_state_dict", "pretrained", "weights", "checkpoint"),
)
"""Somebody may run a loaded model on made-up data."""

TOLD = ("keras", "tensorflow", "flax")
"""Frameworks whose layers are told their mode at each call."""

TELLING_TO_TRAIN: Triggers = (
    TOLD,
    ("training=True", "train=True", "training = True", "deterministic=False"),
)
"""Somebody tells a model that it trains."""

STEPPING: Triggers = (
    TOLD,
    ("GradientTape", "value_and_grad", ".grad(", ".backward(", "minimize(lambda", "var_list"),
)
"""Somebody writes a training step of his own."""

LEARNING_PHASE: Triggers = (
    ("keras", "tensorflow"),
    ("learning_phase", "in_train_phase", "in_test_phase"),
)
"""Somebody asks for, or sets, the mode of the whole process."""

GRAPH_NORMS: Triggers = (
    ("tensorflow", "tf_slim", "flax", "jax"),
    ("batch_norm", "batch_stats", "stateless_call"),
    ("minimize(", "apply_gradients(", "grad(", "grad,"),
)
"""Somebody builds batch norms into a graph, or gets their new statistics back, and trains."""

OLD_WEIGHT: Triggers = (
    (*TOLD, "paddle"),
    ("BatchNorm", "batch_norm"),
    ("momentum", "decay"),
)
"""Somebody may build norm layers whose momentum weighs the old statistics."""

FIXING: Triggers = (
    TOLD,
    (
        "use_running_average=",
        "deterministic=",
        "training=True",
        "training=False",
        "layers.dropout(",
    ),
)
"""Somebody tells a layer a constant."""
