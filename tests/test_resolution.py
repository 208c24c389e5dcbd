"""In which order the bases of a class are looked up: as Python itself does it."""

from __future__ import annotations

import random
import time

from flake8_bn_eval.resolution import Resolution


def hierarchy(chance: random.Random, size: int) -> dict[str, list[str]]:
    """The bases of some classes, each made of earlier ones."""
    bases: dict[str, list[str]] = {}
    for number in range(size):
        names = list(bases)
        count = min(len(names), chance.choice([0, 1, 1, 2, 2, 3]))
        bases[f"C{number}"] = chance.sample(names, count)
    return bases


def test_it_is_the_order_of_python() -> None:
    accepted = 0
    for seed in range(300):
        chance = random.Random(seed)
        bases = hierarchy(chance, chance.randint(1, 12))
        resolution = Resolution(bases.__getitem__)
        made: dict[str, type] = {}
        for name in bases:
            order = resolution.order(name)
            assert len(set(order)) == len(order)
            try:
                made[name] = type(name, tuple(made[base] for base in bases[name]), {})
            except (TypeError, KeyError):  # Python refuses it, or a base of it
                continue
            accepted += 1
            assert list(order) == [each.__name__ for each in made[name].__mro__[:-1]]
    assert accepted > 1_000


def test_bases_that_contradict_each_other_are_all_there_once() -> None:
    bases = {"A": [], "B": [], "C": ["A", "B"], "D": ["B", "A"], "E": ["C", "D"]}
    names = {name: name for name in bases}
    resolution = Resolution[str](lambda name: [names[base] for base in bases[name]])
    order = resolution.order(names["E"])
    assert order[:2] == ("E", "C")
    assert sorted(order) == list("ABCDE")


def test_a_class_may_be_among_its_own_bases() -> None:
    """Where a name is bound again: ``class A(A)``, and in circles of what is not run."""
    bases = {"A": ["A"], "B": ["C"], "C": ["B"]}
    names = {name: name for name in bases}
    resolution = Resolution[str](lambda name: [names[base] for base in bases[name]])
    assert resolution.order(names["A"]) == ("A",)
    assert resolution.order(names["B"]) == ("B", "C")


def test_long_chains_and_many_diamonds_take_little_time() -> None:
    chain = {f"C{number}": [f"C{number - 1}"] if number else [] for number in range(500)}
    diamonds: dict[str, list[str]] = {"A0": []}
    for number in range(60):
        diamonds[f"L{number}"] = diamonds[f"R{number}"] = [f"A{number}"]
        diamonds[f"A{number + 1}"] = [f"L{number}", f"R{number}"]
    start = time.process_time()
    for bases in (chain, diamonds):
        names = {name: name for name in bases}
        resolution = Resolution[str](
            lambda name, bases=bases, names=names: [names[base] for base in bases[name]]
        )
        for name in bases:
            assert len(resolution.order(names[name])) <= len(bases)
    assert time.process_time() - start < 2
