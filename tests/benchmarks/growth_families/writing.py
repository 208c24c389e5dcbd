"""How the programs of the families are put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from string import Template
from textwrap import dedent, indent

HEAD = """\
import contextlib
import functools

import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4)
        self.drop = nn.Dropout()

    def forward(self, x):
        return self.drop(self.norm(self.layer(x)))


def test(model):
    model.eval()
    with torch.no_grad():
        return [model(x).argmax().item() for x in loader]


def train(model, optimizer):
    model.train()
    for x in loader:
        optimizer.zero_grad()
        F.mse_loss(model(x), x).backward()
        optimizer.step()


loader = [torch.ones(2, 4)] * 3
x = loader[0]


"""

USE = """
net = $model
for x in loader:
    net.train()
    net(x).sum().backward()
    net.eval()
    print(net(x).argmax().item())
"""
"""A model that is trained and evaluated in one loop."""

Files = dict[str, str]
"""The texts of a project by their paths; the file to judge is `JUDGED`."""
JUDGED = "judged.py"

_BLOCK = re.compile(r"^([ ]*)\$(\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Family:
    """How to write a program of a size; ``size`` is the smaller one that is measured."""

    name: str
    size: int
    write: Callable[[int], str | Files]
    most: float
    """Twice the size may take so many times as long."""

    def files(self, size: int) -> Files:
        """The files of a program of that size."""
        written = self.write(size)
        return written if isinstance(written, dict) else {JUDGED: HEAD + written}


FAMILIES: list[Family] = []
Writer = Callable[[int], "str | Files"]


def family(name: str, size: int, most: float = 2.5) -> Callable[[Writer], Writer]:
    """Enter a family."""

    def enter(write: Writer) -> Writer:
        FAMILIES.append(Family(name, size, write, most))
        return write

    return enter


def fill(template: str, **parts: str) -> str:
    """A template with its parts; one that stands alone on a line goes as deep as that line."""
    text = dedent(template.removeprefix("\n"))
    text = _BLOCK.sub(lambda found: indent(parts[found[2]], found[1]).rstrip("\n"), text)
    return Template(text).substitute(parts)


def each(count: int, template: str) -> str:
    """The lines for every number below a count: ``$i`` is the number, ``$j`` the next one."""
    text = Template(dedent(template.removeprefix("\n")).rstrip("\n") + "\n")
    return "".join(text.substitute(i=number, j=number + 1) for number in range(count))


def definitions(count: int, template: str) -> str:
    """The same with two empty lines after each."""
    return each(count, dedent(template).rstrip() + "\n\n\n#").replace("#\n", "")


def listed(count: int, part: str) -> str:
    """The same between commas."""
    return ", ".join(Template(part).substitute(i=number) for number in range(count))


def nested(headers: Iterable[str], innermost: str) -> str:
    """One header in the other."""
    lines = [*headers, innermost]
    return "".join(indent(line, "    " * level) + "\n" for level, line in enumerate(lines))


def used(model: str) -> str:
    """A model that is trained and evaluated in one loop."""
    return fill(USE, model=model)
