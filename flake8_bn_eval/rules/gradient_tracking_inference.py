"""Inference records gradients that nobody uses.

## Why it matters

Outside `torch.no_grad()` every operation writes itself into a graph and keeps its inputs alive,
in case somebody calls `backward()`.  In a validation loop nobody will.  Activations that could
be freed layer by layer pile up until the last output is gone, so the batch that fitted in
training no longer fits when two of them overlap, and evaluation runs out of memory on a card
that trains well.  Written as `total_loss += loss`, without `.item()`, the graphs of *all* batches
stay alive until the epoch is over.

`model.eval()` does not help: it changes how layers compute, not what autograd records.

The rule looks at what happens to the output: it speaks where the numbers are read (`.item()`,
`.numpy()`, `.detach()`, `argmax`, a metric), no gradient is ever asked for, and the call is made
again and again: in a loop, by whoever calls the function, or on data for evaluation.  There is
one report for a function.

## Example

```python
def evaluate(model, val_loader, criterion):
    model.eval()
    total = 0.0
    for inputs, targets in val_loader:
        total += criterion(model(inputs), targets).item()  # BNE201
    return total / len(val_loader)
```

`.detach()` comes too late: the graph has been built by then.

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2)).eval()
scores = []
for batch in torch.load("test.pt"):
    scores.append(model(batch).detach().cpu().numpy())  # BNE201
```

## Use instead

`torch.inference_mode()` is a little faster, `torch.no_grad()` a little more forgiving: its
outputs may later take part in training.

```python
import torch


@torch.no_grad()
def evaluate(model, val_loader, criterion):
    model.eval()
    total = 0.0
    for inputs, targets in val_loader:
        total += criterion(model(inputs), targets).item()
    return total / len(val_loader)
```

## When not to fix

None of the following is reported.  The context is around the call, or follows a flag:

```python
import torch


def accuracy(model, loader):
    return sum((model(x).argmax(1) == y).sum().item() for x, y in loader)


def validate(model, val_loader):
    model.eval()
    with torch.no_grad():
        return accuracy(model, val_loader)


def run(model, loader, criterion, training):
    model.train(training)
    with torch.set_grad_enabled(training):
        return sum(criterion(model(x), y).item() for x, y in loader)
```

Somebody wants the gradient of the input: attacks, saliency maps, sampling along a gradient.

```python
import torch


def saliency(model, image):
    model.eval()
    image.requires_grad_(True)
    score = model(image).max()
    score.backward()
    return image.grad.abs().cpu().numpy()
```

```python
import torch


def langevin(energy, x, steps):
    for _ in range(steps):
        x = x.detach().requires_grad_(True)
        gradient, = torch.autograd.grad(energy(x).sum(), x)
        x = x - 0.1 * gradient + 0.01 * torch.randn_like(x)
    return x.detach()
```

Meta-learning, which has to train a little while it evaluates:

```python
import torch
from torch import nn


def evaluate_tasks(model, tasks, steps):
    losses = []
    for support, labels, query, targets in tasks:
        learner = nn.Linear(4, 2)
        optimizer = torch.optim.SGD(learner.parameters(), lr=0.1)
        for _ in range(steps):
            loss = nn.functional.cross_entropy(learner(model(support)), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            losses.append(nn.functional.cross_entropy(learner(model(query)), targets).item())
    return losses
```

Nothing to record, because every parameter is frozen:

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2)).eval()
model.requires_grad_(False)
for batch in torch.load("test.pt"):
    print(model(batch).argmax(1).tolist())
```

A framework that turns gradients off around its hooks:

```python
from lightning import LightningModule


class Classifier(LightningModule):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def test_step(self, batch, index):
        inputs, targets = batch
        self.log("accuracy", (self.net(inputs).argmax(1) == targets).float().mean().item())
```

A script that tries a model on one input, and is over:

```python
import torch
from torch import nn


def main():
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2)).eval()
    model.load_state_dict(torch.load("weights.pt"))
    print(model(torch.load("image.pt")).argmax(1).item())


if __name__ == "__main__":
    main()
```

The output leaves the function with its graph, for whoever wants it (not those of all data for
evaluation, which pile up):

```python
def score(model, batch, labels):
    model.eval()
    return ((model(batch) - labels) ** 2).mean()
```

## Proof

```python
import torch
from torch import nn

model = nn.Sequential(*[nn.Sequential(nn.Linear(64, 64), nn.ReLU()) for _ in range(8)]).eval()
batch = torch.randn(256, 64)


def kept_alive(context):
    storages = {}

    def pack(tensor):
        if not isinstance(tensor, nn.Parameter):
            storages[tensor.untyped_storage().data_ptr()] = tensor.nbytes
        return tensor

    with context, torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = model(batch)
    return sum(storages.values()), output


activations = batch.nbytes * 8
kept, output = kept_alive(torch.enable_grad())
assert output.requires_grad and output.grad_fn is not None  # although the model is in eval()
assert kept >= activations

total = 0.0
for _ in range(3):
    total = total + model(batch).sum()
assert total.requires_grad  # the graphs of all three batches hang on this number

for context in (torch.no_grad(), torch.inference_mode()):
    kept, output = kept_alive(context)
    assert not output.requires_grad and output.grad_fn is None
    assert kept == 0
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.evidence import Tag, Use
from flake8_bn_eval.modes.lattice import Gradient, Mode
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import INFERENCE

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts, Forward


@rule("BNE201", "gradient-tracking-inference", since="0.1", triggers=INFERENCE)
def check(facts: Facts) -> Iterator[Report]:
    """The first inference call of each region that may record a graph for nothing."""
    regions: set[object] = set()
    for call in facts.forwards:
        if not _records_for_nothing(facts, call):
            continue
        shown = facts.shown(call)
        region = call.function_at(shown.place)
        if region in regions or not facts.is_here(shown) or not facts.is_reached(call):
            continue
        if facts.differentiates_below(call, shown.place):
            # Without gradients the function that is called could not do its work.
            continue
        regions.add(region)
        yield Report(
            shown.place,
            f"`{shown.subject}` predicts with gradients recorded that nobody uses",
            (*call.how_gradients(Gradient.ON), *call.because),
            f"run it under {facts.gradient_free_context}",
        )


def _records_for_nothing(facts: Facts, call: Forward) -> bool:
    record = call.record
    if not call.is_inference or call.guessed or not record.uses:
        return False
    if call.keeps_graph and not _piles_up(facts, call):
        return False
    if record.frozen or record.is_single_layer or call.has_no_graph:
        return False
    if record.tags & {Tag.VOLATILE, Tag.DIFFERENTIATED} or facts.differentiates_inside(call):
        return False
    if facts.records_nothing_inside(call) or facts.is_chosen_with_gradients(call):
        return False
    if facts.runs_once(call) and not _takes_all(call):
        return False
    if facts.region_differentiates(call) and not _stands_apart(facts, call):
        return False
    sure = call.measures or facts.is_evaluated_here(call) or call.served
    if facts.may_record(call):
        return sure or call.firm or call.may_be(Mode.EVAL) or facts.never_differentiates
    if facts.is_callers_gradient(call):
        # Whoever detaches, or has put the module in evaluation mode, is who predicts.
        predicts = Use.DETACHED in record.uses or call.must_be(Mode.EVAL)
        sure = sure or facts.never_differentiates and predicts
        return sure or call.firm and facts.is_in_loop(call)
    return False


def _takes_all(call: Forward) -> bool:
    """Whether a call is given all data of an evaluation at once, not a batch of it."""
    tags = call.record.tags
    return Tag.EVALUATION_DATA in tags and Tag.BATCH not in tags


def _piles_up(facts: Facts, call: Forward) -> bool:
    """Whether the graphs of all batches of an evaluation are kept until it is over."""
    evaluates = Tag.EVALUATION_DATA in call.record.tags and facts.is_evaluated_here(call)
    return evaluates and facts.is_in_loop(call) and Use.RETURNED in call.record.uses


def _stands_apart(facts: Facts, call: Forward) -> bool:
    """In a function that trains as well, the call is plainly none of the training."""
    if call.record.auxiliary:
        # What is differentiated there is compared with its output, whatever the data is called.
        return False
    if Tag.EVALUATION_DATA in call.record.tags:
        return True
    read = bool({Use.READ, Use.DETACHED} & call.record.uses)
    return read and facts.is_switched_to_evaluation(call)
