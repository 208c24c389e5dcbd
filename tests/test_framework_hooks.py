"""The rows about hooks against the frameworks: each is called in the mode that its row says.

A small training run with validation and prediction is executed for each framework, and what
every method saw is written down. Where a framework is not installed its test is skipped.
"""

from __future__ import annotations

import importlib
import logging
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from flake8_bn_eval.knowledge.rows import HookRow
from flake8_bn_eval.knowledge.schema import read_table
from tests.installed import is_installed

torch = pytest.importorskip("torch", reason="PyTorch is not installed: nothing to compare with")
nn = torch.nn

Seen = dict[str, set[tuple[str, str]]]
"""Of each hook, the modes and gradient modes in which it was called."""


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    logging.disable(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(logging.NOTSET)


def framework(package: str) -> Any:
    if not is_installed(package.partition(".")[0]):
        pytest.skip(f"not installed: {package}")
    return importlib.import_module(package)


def hooks_of(table: str, base: str) -> list[HookRow]:
    rows = read_table(files("flake8_bn_eval.knowledge") / f"{table}.toml").hooks.values()
    return [row for row in rows if row.base == base]


def recording(base: type, names: list[str], seen: Seen, module: Callable[..., Any]) -> type:
    """A subclass whose hooks write down what they see, then do what they do anyway."""

    def hook(name: str) -> Callable[..., Any]:
        def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
            mode = "train" if module(self, *arguments, **keywords).training else "eval"
            seen[name].add((mode, "on" if torch.is_grad_enabled() else "off"))
            return getattr(super(recorder, self), name)(*arguments, **keywords)

        return method

    recorder = type("Recorder", (base,), {name: hook(name) for name in names})
    return recorder


def contradictions(rows: list[HookRow], seen: Seen) -> list[str]:
    """What a hook saw and its row excludes."""
    return [
        f"{row.base}.{row.name} is called in {mode} mode with gradients {gradient}"
        for row in rows
        for mode, gradient in sorted(seen.get(row.name, ()))
        if row.mode not in ("unknown", mode) or row.gradient not in ("unknown", gradient)
    ]


def network() -> Any:
    return nn.Sequential(nn.Linear(4, 2), nn.Dropout())


def examples() -> list[tuple[Any, Any]]:
    return [(torch.ones(4), torch.tensor(number % 2)) for number in range(12)]


def test_lightning() -> None:
    lightning = framework("lightning.pytorch")
    loader = torch.utils.data.DataLoader(examples(), batch_size=4)
    of_module, of_callback = (
        hooks_of("lightning", f"lightning.{name}") for name in ("LightningModule", "Callback")
    )
    seen_by_module: Seen = defaultdict(set)
    seen_by_callback: Seen = defaultdict(set)

    class Net(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.body = network()

        def loss(self, batch: Any) -> Any:
            return nn.functional.cross_entropy(self.body(batch[0]), batch[1])

        def training_step(self, batch: Any, index: int) -> Any:
            return self.loss(batch)

        def validation_step(self, batch: Any, index: int) -> Any:
            return self.loss(batch)

        test_step = predict_step = validation_step

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.1)

    names = [row.name for row in of_module if hasattr(Net, row.name)]
    recorder = recording(Net, names, seen_by_module, lambda self, *_, **__: self)
    names = [row.name for row in of_callback if hasattr(lightning.Callback, row.name)]
    callback = recording(
        lightning.Callback, names, seen_by_callback, lambda _, __, module, *___, **____: module
    )
    trainer = lightning.Trainer(
        max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, callbacks=[callback()],
    )
    model = recorder()
    trainer.fit(model, loader, loader)
    for run in (trainer.validate, trainer.test, trainer.predict):
        run(model, dataloaders=loader)
    assert {"training_step", "validation_step", "test_step"} <= seen_by_module.keys()
    assert {"on_train_batch_end", "on_validation_epoch_end"} <= seen_by_callback.keys()
    assert contradictions(of_module, seen_by_module) == []
    assert contradictions(of_callback, seen_by_callback) == []


def test_transformers() -> None:
    transformers = framework("transformers")
    framework("accelerate")
    of_trainer, of_callback = (
        hooks_of("transformers", f"transformers.{name}") for name in ("Trainer", "TrainerCallback")
    )
    seen_by_trainer: Seen = defaultdict(set)
    seen_by_callback: Seen = defaultdict(set)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = network()

        def forward(self, x: Any, labels: Any = None) -> Any:
            output = self.body(x)
            return {"loss": nn.functional.cross_entropy(output, labels), "logits": output}

    trainer = recording(
        transformers.Trainer,
        [row.name for row in of_trainer],
        seen_by_trainer,
        lambda _, model, *__, **___: model,
    )
    callback = recording(
        transformers.TrainerCallback,
        [row.name for row in of_callback if hasattr(transformers.TrainerCallback, row.name)],
        seen_by_callback,
        lambda *_, model, **__: model,
    )
    data = [{"x": x, "labels": label} for x, label in examples()]
    arguments = transformers.TrainingArguments(
        output_dir="out", report_to=[], disable_tqdm=True, use_cpu=True, max_steps=4,
        per_device_train_batch_size=4, eval_strategy="steps", eval_steps=2, logging_steps=1,
        remove_unused_columns=False, label_names=["labels"], save_strategy="no",
    )
    running = trainer(
        model=Net(), args=arguments, train_dataset=data, eval_dataset=data, callbacks=[callback()]
    )
    running.train()
    running.predict(data)
    assert {"training_step", "prediction_step", "compute_loss"} <= seen_by_trainer.keys()
    assert {"on_step_end", "on_evaluate", "on_predict"} <= seen_by_callback.keys()
    assert contradictions(of_trainer, seen_by_trainer) == []
    assert contradictions(of_callback, seen_by_callback) == []


def test_skorch() -> None:
    skorch = framework("skorch")
    rows = hooks_of("skorch", "skorch.NeuralNet")
    seen: Seen = defaultdict(set)
    names = [row.name for row in rows if row.name not in ("initialize_module", "partial_fit")]
    recorder = recording(
        skorch.NeuralNetClassifier, names, seen, lambda self, *_, **__: self.module_
    )
    net = recorder(network(), criterion=nn.CrossEntropyLoss, max_epochs=2, verbose=0)
    x = torch.stack([x for x, _ in examples()]).numpy()
    y = torch.stack([label for _, label in examples()]).numpy()
    net.fit(x, y)
    net.predict(x)
    assert {"train_step", "validation_step", "evaluation_step"} <= seen.keys()
    assert contradictions(rows, seen) == []


def test_mmengine() -> None:
    runner, hooks = framework("mmengine.runner"), framework("mmengine.hooks")
    model, evaluator = framework("mmengine.model"), framework("mmengine.evaluator")
    rows = hooks_of("mmengine", "mmengine.hooks.Hook")
    seen: Seen = defaultdict(set)

    class Net(model.BaseModel):
        def __init__(self) -> None:
            super().__init__()
            self.body = network()

        def forward(self, x: Any, label: Any, mode: str = "tensor") -> Any:
            output = self.body(torch.stack(x))
            return {"loss": output.sum()} if mode == "loss" else list(output)

    class Count(evaluator.BaseMetric):
        def process(self, batch: Any, samples: Any) -> None:
            self.results.extend(samples)

        def compute_metrics(self, results: list[Any]) -> dict[str, int]:
            return {"count": len(results)}

    names = [row.name for row in rows if hasattr(hooks.Hook, row.name)]
    recorder = recording(
        hooks.Hook, names, seen, lambda _, runner, *__, **___: runner.model
    )
    data = [{"x": x, "label": label} for x, label in examples()]
    loader = {"batch_size": 4, "dataset": data, "sampler": {"type": "DefaultSampler"}}
    running = runner.Runner(
        model=Net(), work_dir="out", log_level="ERROR", custom_hooks=[recorder()],
        optim_wrapper={"optimizer": {"type": "SGD", "lr": 0.1}},
        train_dataloader=loader, train_cfg={"by_epoch": True, "max_epochs": 2},
        val_dataloader=loader, val_cfg={}, val_evaluator=[Count()],
        test_dataloader=loader, test_cfg={}, test_evaluator=[Count()],
    )
    running.train()
    running.model.train()
    running.val()
    running.model.train()
    running.test()
    assert {"after_train_iter", "after_val_iter", "after_test_epoch"} <= seen.keys()
    assert contradictions(rows, seen) == []


def test_fastai() -> None:
    vision = framework("fastai.vision.all")
    rows = hooks_of("fastai", "fastai.Callback")
    seen: Seen = defaultdict(set)

    class Net(vision.Callback):
        """A learner looks a callback's events up, and most have no method of their own."""

    for row in rows:
        setattr(Net, row.name, lambda self: None)
    recorder = recording(Net, [row.name for row in rows], seen, lambda self: self.model)
    loaders = vision.DataLoaders.from_dsets(examples(), examples(), bs=4, device="cpu")
    learner = vision.Learner(loaders, network(), loss_func=nn.CrossEntropyLoss(), cbs=[recorder()])
    with learner.no_bar(), learner.no_logging():
        learner.fit(2)
        learner.model.train()
        learner.validate()
    assert {"after_step", "before_validate", "after_epoch"} <= seen.keys()
    assert contradictions(rows, seen) == []
