"""The tables as files: what the schema refuses, how names are looked up, what is read when."""

from __future__ import annotations

import builtins
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.packages import ALWAYS, PACKAGES_OF_TABLE, TABLES_OF_PACKAGE
from flake8_bn_eval.knowledge.rows import Condition, Vocabulary
from flake8_bn_eval.knowledge.schema import KnowledgeError, Table, parse_table, read_table
from flake8_bn_eval.knowledge.words import mentions, words_of
from flake8_bn_eval.options import Options

TABLES = sorted({*ALWAYS, *PACKAGES_OF_TABLE})
KNOWLEDGE = Knowledge.for_packages(frozenset(TABLES_OF_PACKAGE))


def shipped(name: str) -> Table:
    return read_table(files("flake8_bn_eval.knowledge") / f"{name}.toml")


# --- Mistakes -----------------------------------------------------------------------------

RIGHT = """\
# a comment
[[callable]]
prefix = "mine."
names = ["build_model", "Layer"]
returns = "module"
starts = "eval"
conditions = [{ parameter = "rate", position = 1, default = 0.5 }]
source = "mine.py"

[[method]]
receiver = "module"
names = ["freeze", "thaw"]
effect = "eval"
source = "mine.py"
"""

MISTAKES = {
    "no TOML": ('starts = "eval"', "starts = eval", 6, "this is not TOML"),
    "an unknown section": ("[[method]]", "[[methods]]", 10, "`methods` is none of"),
    "one bracket": ("[[callable]]", "[callable]", 2, "write each group as [[callable]]"),
    "a star": ('"thaw"', '"thaw*"', 12, "`*` means nothing in `thaw*` of this method"),
    "an unknown key": ('starts = "eval"', 'begins = "eval"', 6, "has no key `begins`"),
    "a wrong value": ('"eval"\nconditions', '"evil"\nconditions', 6, '`starts` must be "train"'),
    "a wrong type": ('returns = "module"', "returns = 1", 5, "`returns` must be"),
    "a wrong list": ('["build_model", "Layer"]', '"Layer"', 4, "must be a list of strings"),
    "an empty list": ('["build_model", "Layer"]', "[]", 4, "must be a list of strings"),
    "a wrong condition": ("position = 1", 'position = "1"', 7, "`conditions` must be a list"),
    "a misspelt condition": ("position = 1", "place = 1", 7, "`conditions` must be a list"),
    "half a condition": ('parameter = "rate", ', "", 7, "`conditions` must be a list"),
    "a name written twice": ('"Layer"]', '"build_model"]', 4, "has a row already, in line 4"),
    "no names": ('names = ["freeze", "thaw"]\n', "", 10, "this method has no `names`"),
    "no source": ('source = "mine.py"\n\n', "\n", 2, "this callable has no `source`"),
    "an empty source": ('source = "mine.py"\n\n', 'source = ""\n\n', 8, "`source` must be"),
    "no receiver": ('receiver = "module"\n', "", 10, "this method has no `receiver`"),
    "half a flag": ("starts =", 'flag = { parameter = "x" }\nstarts =', 6, "`flag` must be"),
    "no version": ("starts =", 'since = "new"\nstarts =', 6, "`since` must be a version such"),
    "a number as version": ("starts =", "since = 2.4\nstarts =", 6, "`since` must be a version"),
    "an empty range": ("starts =", 'since = "2.4"\nbefore = "2.4"\nstarts =', 7, "later version"),
    "a wrong effect": ('effect = "eval"', 'effect = "freez"', 13, "`effect` must be"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_with_its_file_and_line(mistake: str) -> None:
    old, new, line, message = MISTAKES[mistake]
    assert old in RIGHT
    with pytest.raises(KnowledgeError) as caught:
        parse_table(RIGHT.replace(old, new, 1), "mine.toml")
    assert str(caught.value).startswith(f"mine.toml:{line}: ")
    assert message in str(caught.value)


def test_the_second_of_two_rows_for_a_method_is_reported() -> None:
    again = (
        RIGHT + '\n[[method]]\nreceiver = "module"\nnames = [\n  "thaw",\n]\n'
        'effect = "train"\nsource = "mine.py"\n'
    )
    with pytest.raises(KnowledgeError, match=r"mine\.toml:19: `thaw` has .*, in line 12"):
        parse_table(again, "mine.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("callable = 1", "write each group as"),
        ("callable = [1]", "write each group as"),
        ('callable = [{ names = ["a"] }, { names = ["b"] }]', "write each group as"),
        ('[[alias]]\nnames = ["a"]\ntarget = "b.*"\nsource = "c"', "needs names with"),
        ('[[alias]]\nnames = ["a.*"]\ntarget = "b"\nsource = "c"', "means nothing in `a.*`"),
        ("[[vocabulary]]\nmodels = 1", "a vocabulary has no key `models`"),
        ("[[vocabulary]]\nmodules = 1", "`modules` must be a list of strings"),
        ("names = 1", "`names` is none of"),
    ],
)
def test_other_mistakes(text: str, message: str) -> None:
    with pytest.raises(KnowledgeError, match=r"^mine\.toml:\d: ") as caught:
        parse_table(text, "mine.toml")
    assert message in str(caught.value)


def test_a_table_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"missing\.toml:1: cannot be read"):
        read_table(tmp_path / "missing.toml")
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9")
    with pytest.raises(KnowledgeError, match=r"latin\.toml:1: bytes that are not utf-8"):
        read_table(tmp_path / "latin.toml")


def test_a_right_table() -> None:
    table = parse_table(RIGHT, "mine.toml")
    assert set(table.callables) == {"mine.build_model", "mine.Layer"}
    assert set(table.methods) == {("module", "freeze"), ("module", "thaw")}
    row = table.callables["mine.Layer"]
    assert (row.name, row.returns, row.starts, row.source) == (
        "mine.Layer",
        "module",
        "eval",
        "mine.py",
    )
    assert row.conditions == (Condition("rate", 1, 0.5),)


def test_a_users_own_table(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(RIGHT, encoding="utf-8")
    knowledge = Knowledge.for_packages(frozenset({"torch"}), Options(knowledge=(mine,)))
    row = knowledge.callable("mine.build_model")
    assert row is not None
    assert row.starts == "eval"
    assert knowledge.callable("torch.nn.Dropout") is not None
    assert Knowledge.for_packages(frozenset({"torch"})).callable("mine.build_model") is None


# --- What is shipped ----------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_a_table_speaks_of_its_own_packages(name: str) -> None:
    table = shipped(name)
    packages = {it for it, tables in TABLES_OF_PACKAGE.items() if name in tables}
    names = [*table.callables, *table.classes, *table.layers, *table.removed]
    names += [base for base, _ in table.hooks]
    if name == "torch":
        packages = {"torch", "functorch"}
    if name != "python":
        assert {it.partition(".")[0] for it in names} <= packages


@pytest.mark.parametrize("name", TABLES)
def test_an_alias_leads_to_a_row(name: str) -> None:
    knowledge = Knowledge([shipped(name)])
    table = shipped(name)
    for target in table.aliases.values():
        named = (*table.callables, *table.layers, *table.removed)
        below = any(name.startswith(target.removesuffix("*")) for name in named)
        assert below if target.endswith(".*") else knowledge.callable(target), target


def test_no_two_tables_disagree_about_a_callable() -> None:
    seen: dict[str, str] = {}
    for name in TABLES:
        for row in shipped(name).callables:
            assert row not in seen, f"{row} is in {name} and in {seen[row]}"
            seen[row] = name


def test_every_builtin_has_a_row() -> None:
    public = [it for it in dir(builtins) if callable(getattr(builtins, it)) and it != "__loader__"]
    assert [it for it in public if KNOWLEDGE.callable(f"builtins.{it}") is None] == []


def test_builtin_classes_are_no_modules() -> None:
    for name in dir(builtins):
        found = getattr(builtins, name)
        if isinstance(found, type) and name[:1].isupper():
            assert KNOWLEDGE.is_module_class(f"builtins.{name}") is False, name
    for name in (
        "object",
        "abc.ABC",
        "enum.Enum",
        "typing.NamedTuple",
        "threading.Thread",
        "torch.utils.data.Dataset",
        "lightning.LightningDataModule",
    ):
        assert KNOWLEDGE.is_module_class(name) is False, name


# --- Looking up ---------------------------------------------------------------------------

NAMES = {
    "torch.nn.Dropout": "torch.nn.Dropout",
    "torch.nn.modules.dropout.Dropout": "torch.nn.Dropout",
    "torch.nn.modules.Dropout": "torch.nn.Dropout",
    "torch.autograd.grad_mode.no_grad": "torch.no_grad",
    "torch.nn.functional.relu": "torch.nn.functional.*",
    "torch.cat": "torch.*",
    "torch.cuda.is_available": "torch.cuda.*",
    "torch.optim.adam.Adam": "torch.optim.*",
    "torch.optim.lr_scheduler.StepLR": "torch.optim.lr_scheduler.*",
    "torch.quantization.convert": "torch.ao.quantization.convert",
    "torch.nn.Conv2d.__init__": "torch.nn.*.__init__",
    "torchvision.models.ResNet18_Weights.DEFAULT": "torchvision.models.*_Weights.*",
    "torchvision.models.resnet18": "torchvision.models.resnet1*",
    "timm.models.create_model": "timm.create_model",
    "timm.models.layers.DropPath": "timm.layers.DropPath",
    "transformers.AutoModel.from_pretrained": "transformers.*.from_pretrained",
    "transformers.models.bert.BertModel.from_pretrained": "transformers.*.from_pretrained",
    "transformers.BertTokenizerFast.from_pretrained": "transformers.*TokenizerFast.from_pretrained",
    "transformers.AutoTokenizer.from_pretrained": "transformers.*Tokenizer.from_pretrained",
    "transformers.BertForMaskedLM": "transformers.*For*",
    "transformers.models.bert.BertModel": "transformers.*.*Model",
    "transformers.DataCollatorForLanguageModeling": "transformers.DataCollatorFor*",
    "diffusers.UNet2DModel.from_pretrained": "diffusers.UNet2DModel.from_pretrained",
    "diffusers.UNet3DConditionModel.from_pretrained": "diffusers.*.from_pretrained",
    "diffusers.StableDiffusionPipeline.from_pretrained": "diffusers.*Pipeline.from_pretrained",
    "pytorch_lightning.Trainer.fit": "lightning.Trainer.fit",
    "lightning.pytorch.LightningModule": "lightning.LightningModule",
    "lightning.fabric.Fabric.setup": "lightning.Fabric.setup",
    "accelerate.Accelerator.prepare": "accelerate.Accelerator.prepare",
    "accelerate.accelerator.Accelerator": "accelerate.Accelerator",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_row_of_a_name(name: str) -> None:
    row = KNOWLEDGE.callable(name)
    assert row is not None
    assert row.name == NAMES[name]
    assert KNOWLEDGE.callable(name) is row


@pytest.mark.parametrize("name", ["mine.build", "torch", "torchx.cat", "transformers.Foo", ""])
def test_a_name_without_a_row_is_unknown(name: str) -> None:
    assert KNOWLEDGE.callable(name) is None
    assert KNOWLEDGE.is_module_class(name) is None


def test_methods_fall_back_to_those_of_anything() -> None:
    assert KNOWLEDGE.method("module", "no_such_method") is None
    for receiver, name, effect in (
        ("module", "eval", "eval"),
        ("tensor", "view", "same"),
        ("tensor", "data", "detach"),
        ("optimizer", "step", "step"),
        ("module", "manual_backward", "backward"),
    ):
        row = KNOWLEDGE.method(receiver, name)
        assert row is not None
        assert row.effect == effect


def test_hooks_of_frameworks() -> None:
    for base in ("lightning.LightningModule", "pytorch_lightning.LightningModule"):
        validation = KNOWLEDGE.hook(base, "validation_step")
        training = KNOWLEDGE.hook(base, "training_step")
        assert validation is not None
        assert training is not None
        assert (validation.mode, validation.gradient) == ("eval", "off")
        assert (training.mode, training.gradient, training.module) == ("train", "on", "self")
    assert KNOWLEDGE.hook("lightning.LightningModule", "helper") is None
    assert KNOWLEDGE.is_module_class("pytorch_lightning.LightningModule") is True


# --- What is read when --------------------------------------------------------------------

PROBE = """
import sys
read = []
def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".toml"):
        read.append(str(arguments[0]).replace("\\\\", "/").rpartition("/")[2])
sys.addaudithook(hook)
from flake8_bn_eval.knowledge.lookup import Knowledge
print(*read)
for packages in ({"torch", "numpy"}, {"torch", "timm"}, {"timm.models"}):
    read.clear()
    Knowledge.for_packages(frozenset(packages))
    print(*read)
print(any(sys.modules.get(it) for it in ("libcst", "torch")))
"""


def test_a_table_is_read_once_and_only_if_its_framework_is_imported() -> None:
    ran = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["", "torch.toml python.toml", "timm.toml", "", "False"]


def test_the_same_packages_give_the_same_knowledge() -> None:
    one = Knowledge.for_packages(frozenset({"torch", "timm", "numpy"}))
    assert one is Knowledge.for_packages(frozenset({"timm", "os"}))


# --- Words --------------------------------------------------------------------------------

SPLIT = {
    "val_loader": ("val", "loader"),
    "valLoader": ("val", "loader"),
    "ValLoader": ("val", "loader"),
    "valloader": ("val", "loader"),
    "testset": ("test", "set"),
    "X_test": ("x", "test"),
    "netG": ("net", "g"),
    "evaluateModel": ("evaluate", "model"),
    "value": ("value",),
    "device": ("device",),
    "HTTPServer": ("http", "server"),
    "model2": ("model", "2"),
    "_run_epoch": ("run", "epoch"),
    "TEST_DATA": ("test", "data"),
    "": (),
    "_": (),
}


@pytest.mark.parametrize("identifier", SPLIT)
def test_the_words_of_an_identifier(identifier: str) -> None:
    assert words_of(identifier) == SPLIT[identifier]


def test_identifiers_mention_words() -> None:
    data = KNOWLEDGE.vocabulary.evaluation_data
    assert all(mentions(it, data) for it in ("val_loader", "testloader", "dev", "queryDataset"))
    assert not any(mentions(it, data) for it in ("value", "device", "loader", "train_loader"))
    assert all(mentions(it, frozenset({"prenet"})) for it in ("prenet", "decoder_prenet", "PreNet"))


def test_the_vocabulary_is_of_lower_case_words() -> None:
    for kind in Vocabulary.__slots__:
        words = getattr(KNOWLEDGE.vocabulary, kind)
        assert words
        single = {it for it in words if it.isalpha()}
        assert [it for it in single if not mentions(f"my_{it}_x", frozenset({it}))] == [], kind
