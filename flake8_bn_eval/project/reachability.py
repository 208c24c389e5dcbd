"""Whether anything in a project may come to a function: what nobody calls is never run.

Searched backwards by names, as they are written: whoever mentions the name of a function may call
it, if somebody may come there; the body of a file is run.  A name in a text that is no Python
(a configuration, a notebook, a README) is a use as well.  A function is given the benefit of
every doubt: what is decorated, what a class inherits from elsewhere, what a library offers, and
all of a file that nobody starts or imports, where that is so of the others beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.project.callers import is_test
from flake8_bn_eval.project.components import Components
from flake8_bn_eval.project.definitions import Definitions
from flake8_bn_eval.project.outlines import STAR, Definition, Outline

OF_FRAMEWORK = frozenset({"nn", "torch", "Module", "object", "ABC", "abc", "metaclass", "ABCMeta"})
"""Words for base classes that call no method but `forward` and those with underscores."""
BY_NAME = frozenset({"forward", "handle", "lambda_handler", "model_fn", "predict_fn"})
"""Methods and functions that a framework or a server calls by their names: those of TorchServe,
of AWS Lambda and of SageMaker."""
HUB = "hubconf.py"
"""Every function of this file is an entry point of `torch.hub`."""
IMPORTING_BY_NAME = re.compile(rb"\bimport_module\b|\b__import__\b")
"""Where these occur, what stands at the outermost level may be found by a computed name."""
OF_FILE_BY_COMPUTED_NAME = re.compile(rb"\bglobals\(|\bFire\(\)|(?<![.\w])(?<!def )eval\(")
"""The same, of what the file itself has or imports."""
OF_MODULE_BY_COMPUTED_NAME = re.compile(
    r"\bgetattr\(\s*(\w+)[\w.]*\s*,\s*+(?!['\"]\w+['\"]\s*[,)])|\bvars\(\s*(\w+)|\b(\w+)[\w.]*\.__dict__\["
)
"""What is found in this way, by the name of the imported file that it is in."""
CHOOSING = [b"getattr(", b"vars(", b"__dict__["]
OWN_BY_COMPUTED_NAME = re.compile(
    rb"\bgetattr\(\s*(?:self|cls)\s*,\s*+(?!['\"]\w+['\"]\s*[,)])"
)
"""Where these occur, the methods of a class may be."""
PACKAGING = {
    "setup.py": re.compile(r"\bsetup\s*\("),
    "setup.cfg": re.compile(r"^\[metadata\]", re.MULTILINE),
    "pyproject.toml": re.compile(r"^\[(project|tool\.poetry)\]", re.MULTILINE),
}
"""What tells that a project is installed: its packages are there for others."""

MAIN = "__main__"

Found = tuple[str, Definition]
Key = tuple[str, str, str | None]
"""File, name, and the class of a method."""


@dataclass(eq=False)
class Reachability:
    """Searches the files of a project for whoever may come to a function."""

    definitions: Definitions
    components: Components
    _reached: dict[Key, bool] = field(default_factory=dict)
    _leading: set[Key] = field(default_factory=set)
    _imported: dict[str, bool] = field(default_factory=dict)
    _left_open: dict[str, bool] = field(default_factory=dict)
    _found: dict[re.Pattern[bytes], set[str]] = field(default_factory=dict)

    def is_reached(self, path: str, name: str, owner: str | None) -> bool:
        """Whether somebody may come to a function at the outermost level, or to a method."""
        key = path, name, owner
        if key not in self._reached:
            self._reached[key] = self._may_be_reached(path, name, owner)
        return self._reached[key]

    def _may_be_reached(self, path: str, name: str, owner: str | None) -> bool:
        outline = self.definitions.outline(path)
        if outline is None or len(self.definitions.tree.python_files()) < 2:
            # Whoever uses a file that stands alone is not in sight.
            return True
        found = [each for each in outline.definitions if (each.name, each.owner) == (name, owner)]
        return not found or any(self._leads_to((path, each), set()) for each in found)

    def _is_in_use(self, path: str) -> bool:
        """Whether a file is started, or imported by another one."""
        return self._is_started(path) or self._is_imported(path)

    def _is_started(self, path: str) -> bool:
        outline = self.definitions.outline(path)
        if outline is None:
            return False
        own = {each.name for each in outline.definitions if each.owner is None}
        return self._is_program(path) or not outline.body.isdisjoint(own)

    def _is_program(self, path: str) -> bool:
        """Whether a file says what it does where it is started."""
        outline = self.definitions.outline(path)
        return outline is not None and MAIN in outline.body

    def _is_imported(self, path: str) -> bool:
        if path not in self._imported:
            name = path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2].encode()
            tree = self.definitions.tree
            others = (each for each in tree.python_files() if tree.mentions(each, [name]))
            self._imported[path] = any(path in self._imported_by(other) for other in others)
        return self._imported[path]

    def _are_users_unseen(self, path: str) -> bool:
        """Whether a file may be there for somebody else: neither it nor one beside it is used.

        Where nothing that belongs together is there to be started, all of it may be.
        """
        if self._is_in_use(path):
            return False
        folder = path.rpartition("/")[0]
        together = self.components.of(path)
        beside = (each for each in together if each.rpartition("/")[0] == folder)
        return not any(map(self._is_program, together)) or not any(map(self._is_imported, beside))

    def _leads_to(self, found: Found, seen: set[Key]) -> bool:
        """Whether a root leads to a definition; those that were seen on the way do not count."""
        key = found[0], found[1].name, found[1].owner
        if key in seen or key in self._leading:
            return key in self._leading
        seen.add(key)
        if found[0] not in self._left_open:
            self._left_open[found[0]] = self._are_users_unseen(found[0])
        leads = self._left_open[found[0]] or (
            self._is_made(found, seen) and self._is_used(found, seen)
        )
        if leads:
            self._leading.add(key)
        return leads

    def _is_made(self, found: Found, seen: set[Key]) -> bool:
        """Whether there are objects on which somebody may call a method."""
        if found[1].owner is None:
            return True
        # What was seen on the way to its objects may still lead to its calls.
        return any(self._leads_to(each, set(seen)) for each in self._class_of(found))

    def _is_used(self, found: Found, seen: set[Key]) -> bool:
        is_entry = self._is_entry if found[1].owner is None else self._is_called_from_outside
        if is_entry(found):
            return True
        return any(user is None or self._leads_to(user, seen) for user in self._users(found))

    def _class_of(self, found: Found) -> Iterator[Found]:
        path, method = found
        outline = self.definitions.outline(path)
        for each in () if outline is None else outline.definitions:
            if each.is_class and each.name == method.owner:
                yield path, each

    # Roots

    def _is_entry(self, found: Found) -> bool:
        """Whether something at the outermost level of a file is there for others."""
        path, definition = found
        if is_test(path):
            return definition.name.lower().startswith("test")
        if definition.name in BY_NAME:
            return True
        if definition.is_decorated or path.rpartition("/")[2] == HUB:
            return True
        if self._may_be_found_by_name(path):
            return True
        if path in self._files_to_choose_from:
            return True
        if definition.is_class and self._inherits(definition, set()):
            return True
        return self._is_offered(path) and not definition.name.startswith("_")

    def _is_called_from_outside(self, found: Found) -> bool:
        """Whether what is not in sight calls a method."""
        method = found[1]
        if method.name in BY_NAME or method.is_decorated or method.name.startswith("__"):
            return True
        if any(
            method.owner in each.bases and not self._is_in_use(path)
            for heirs in self._classes.values()
            for path, each in heirs
        ):
            return True
        if OWN_BY_COMPUTED_NAME.search(self.definitions.tree.data(found[0]) or b""):
            return True
        return any(self._inherits(each, set()) for _, each in self._class_of(found))

    def _inherits(self, class_: Definition, seen: set[str]) -> bool:
        """Whether a class inherits from one that is neither in the project nor a plain module."""
        for word in class_.bases - OF_FRAMEWORK - seen:
            seen.add(word)
            inner = [each for _, each in self._classes.get(word, ()) if each is not class_]
            if not inner or any(self._inherits(each, seen) for each in inner):
                return True
        return False

    @cached_property
    def _classes(self) -> dict[str, list[Found]]:
        found: dict[str, list[Found]] = {}
        for path in self.definitions.tree.python_files():
            outline = self.definitions.outline(path)
            for each in () if outline is None else outline.definitions:
                if each.is_class:
                    found.setdefault(each.name, []).append((path, each))
        return found

    def _may_be_found_by_name(self, path: str) -> bool:
        importing = self._files_with(IMPORTING_BY_NAME)
        if importing and not importing.isdisjoint(self.components.of(path)):
            return True
        return any(
            each == path or path in self._imported_by(each)
            for each in self._files_with(OF_FILE_BY_COMPUTED_NAME)
        )

    def _files_with(self, pattern: re.Pattern[bytes]) -> set[str]:
        if pattern not in self._found:
            tree = self.definitions.tree
            self._found[pattern] = {
                path for path in tree.python_files() if pattern.search(tree.data(path) or b"")
            }
        return self._found[pattern]

    def _imported_by(self, path: str) -> Iterator[str]:
        """The files that a file imports."""
        outline, imports = self.definitions.outline(path), self.definitions.imports
        for _, written in () if outline is None else outline.imports:
            target = imports.target(path, written)
            if target is not None:
                yield target.path

    @cached_property
    def _files_to_choose_from(self) -> set[str]:
        """The files of which somebody takes something by a computed name."""
        definitions, found = self.definitions, set[str]()
        for path in definitions.tree.python_files():
            if not definitions.tree.mentions(path, CHOOSING):
                continue
            text, outline = definitions.tree.text(path), definitions.outline(path)
            if text is None or outline is None:
                continue
            chosen = {
                name for each in OF_MODULE_BY_COMPUTED_NAME.findall(text) for name in each if name
            }
            for bound, written in outline.imports:
                target = definitions.imports.target(path, written) if bound in chosen else None
                if target is not None:
                    found.add(target.path)
        return found

    def _is_offered(self, path: str) -> bool:
        """Whether a file belongs to a package that is installed for others, and is no program."""
        folder = path.rpartition("/")[0]
        if self._is_program(path):
            return False
        return self._is_library and self.definitions.tree.is_file(f"{folder}/__init__.py")

    @cached_property
    def _is_library(self) -> bool:
        texts = {name: self.definitions.tree.text(name) for name in PACKAGING}
        return any(text and PACKAGING[name].search(text) for name, text in texts.items())

    # Uses

    def _users(self, found: Found) -> Iterator[Found | None]:
        """Who mentions a definition; None for the body of a file, or a text that is no Python."""
        name, tree = found[1].name, self.definitions.tree
        plain = [name.encode()]
        for path in tree.python_files():
            outline = self.definitions.outline(path) if tree.mentions(path, plain) else None
            if outline is not None and self._may_mean(path, outline, found, set()):
                yield from self._users_in(path, outline, found)
        word = re.compile(rf"\b{re.escape(name)}\b".encode())
        for path in tree.texts():
            data = tree.data(path)
            if data is not None and word.search(data):
                yield None

    def _may_mean(self, path: str, outline: Outline, found: Found, seen: set[str]) -> bool:
        """Whether a file that mentions a name may mean this very definition: it imports it."""
        if path == found[0] or found[1].owner is not None:
            return True
        seen.add(path)
        *folders, file = found[0].removesuffix(".py").split("/")
        leading = {STAR, found[1].name, file, *folders[-1:]}
        for bound, written in outline.imports:
            if bound != STAR and leading.isdisjoint(written.split(".")):
                continue
            target = self.definitions.imports.target(path, written)
            if target is None or target.path == found[0]:
                return True
            between = None if target.path in seen else self.definitions.outline(target.path)
            if between is not None and self._may_mean(target.path, between, found, seen):
                return True
        return False

    def _users_in(self, path: str, outline: Outline, found: Found) -> Iterator[Found | None]:
        name = found[1].name
        renamed = (bound != name and it.endswith(f".{name}") for bound, it in outline.imports)
        if name in outline.body or any(renamed):
            yield None
        methods = {each.owner for each in outline.definitions if each.owner and name in each.names}
        for each in outline.definitions:
            is_itself = path == found[0] and each.name == name and each.owner == found[1].owner
            within = path == found[0] and found[1].is_class and each.owner == name
            if name in each.names and not (is_itself or within):
                # A class mentions what one of its methods does, and is no user for that.
                if not (each.is_class and each.name in methods):
                    yield path, each
