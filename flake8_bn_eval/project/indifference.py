"""Whether anything in a project may compute differently in its two modes.

A module that a caller gives may be of any class.  Where no file of the project mentions a layer
that reacts to its mode, nor a library that has some, its class reacts to none either.
"""

from __future__ import annotations

from flake8_bn_eval.interpret.records import Recorder
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.packages import ALWAYS, PACKAGES_OF_TABLE
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.modes.objects import Sensitivity
from flake8_bn_eval.project.tree import Tree

READING_MODE = (".training", "ropout", "hub.load", "jit.load")
"""Classes that read their own flag, dropout however it is made, and models of strangers."""


def note_indifference(seen: Recorder, tree: Tree, knowledge: Knowledge) -> None:
    """Note of modules that callers give that no mode matters to them, if none can."""
    given = [
        each
        for each in seen.forward_calls
        if each.sensitive is Sensitivity.UNKNOWN and each.modes.must_be(Mode.UNSET)
    ]
    if given and not _may_react(tree, knowledge):
        for record in given:
            record.sensitive = Sensitivity.NO


def _may_react(tree: Tree, knowledge: Knowledge) -> bool:
    packages = " ".join(of for table, of in PACKAGES_OF_TABLE.items() if table not in ALWAYS)
    words = {*packages.split(), *READING_MODE, *knowledge.names_of_reacting}
    plain = [word.encode() for word in sorted(words)]
    files = tree.python_files()
    # Whoever uses a file that stands alone is not in sight.
    return len(files) < 2 or any(tree.mentions(path, plain) for path in files)
