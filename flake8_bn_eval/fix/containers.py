"""What a plain list or dictionary of modules holds, as far as it is written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from flake8_bn_eval.fix.training import called_name
from flake8_bn_eval.fix.tree import DeclinedError

RESERVED = frozenset(
    "T_destination add_module apply bfloat16 buffers call_super_init children clear compile cpu "
    "cuda double dump_patches eval extra_repr float forward get_buffer get_extra_state "
    "get_parameter get_submodule half ipu items keys load_state_dict modules mtia named_buffers "
    "named_children named_modules named_parameters parameters pop register_backward_hook "
    "register_buffer register_forward_hook register_forward_pre_hook "
    "register_full_backward_hook register_full_backward_pre_hook "
    "register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module "
    "register_parameter register_state_dict_post_hook register_state_dict_pre_hook "
    "requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train "
    "training type update values xpu zero_grad".split()
)
"""The attributes of a ``ModuleDict`` of PyTorch 2.13, none of which may be a key."""
_PLAIN = (cst.Tuple, cst.List, cst.Dict, cst.Set, cst.Lambda, cst.BaseNumber, cst.SimpleString)


@dataclass(frozen=True, slots=True)
class Contents:
    """The keys, none of a list, and the values."""

    keys: Sequence[cst.BaseExpression]
    values: Sequence[cst.BaseExpression]
    is_dictionary: bool = False
    is_empty: bool = False

    @property
    def doubts(self) -> Iterator[str]:
        """Of what it is not certain that it is a module, or the name of one.

        Raises `DeclinedError` for what is certainly none.
        """
        for value in self.values:
            yield from _doubts_of_value(value)
        for key in self.keys:
            yield from _doubts_of_key(key)


def contents_of(value: cst.BaseExpression) -> Contents:
    """What the value holds; a `DeclinedError` where that is not written down."""
    match value:
        case cst.List(elements=elements):
            values = [each.value for each in elements]
            return Contents([], values, is_empty=not values)
        case cst.ListComp(elt=element):
            return Contents([], [element])
        case cst.Dict(elements=elements):
            pairs = [each for each in elements if isinstance(each, cst.DictElement)]
            if len(pairs) < len(elements):
                raise DeclinedError("what it unpacks is not in sight")
            keys, values = [each.key for each in pairs], [each.value for each in pairs]
            return Contents(keys, values, is_dictionary=True, is_empty=not pairs)
        case cst.DictComp(key=key, value=element):
            return Contents([key], [element], is_dictionary=True)
        case cst.Call(func=cst.Name(value="list" | "dict" as kind), args=[]):
            return Contents([], [], is_dictionary=kind == "dict", is_empty=True)
    raise DeclinedError("what it holds is not written down there")


def _doubts_of_value(value: cst.BaseExpression) -> Iterator[str]:
    if isinstance(value, _PLAIN) or isinstance(value, cst.Name) and value.value == "None":
        raise DeclinedError("it holds what is no module as well")
    if not (isinstance(value, cst.Call) and called_name(value)[:1].isupper()):
        yield "what is kept is made elsewhere"
    elif called_name(value).endswith(("Parameter", "Tensor")):
        raise DeclinedError("it holds parameters as well")


def _doubts_of_key(key: cst.BaseExpression) -> Iterator[str]:
    if isinstance(key, cst.BaseNumber | cst.Tuple):
        raise DeclinedError("the keys of a module dictionary are strings")
    if not isinstance(key, cst.SimpleString):
        yield "the keys may be no strings"
        return
    name = key.evaluated_value
    if not isinstance(name, str) or not name or "." in name or name in RESERVED or name[:1] == "_":
        raise DeclinedError(f"{key.value} can be no key of a module dictionary")
