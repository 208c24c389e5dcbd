"""Writes random statements about containers of modules."""

from __future__ import annotations

from tests.soundness.expressions import KEYS, SEQUENCES, Expressions
from tests.soundness.names import Names
from tests.soundness.tree import Block, compound, simple


class Containers(Expressions):
    """Lists, tuples, dictionaries and registries: made, changed, iterated and taken apart."""

    def sequences(self, names: Names) -> list[str]:
        """The variables that hold a sequence of modules."""
        return [name for name, kind in names.kinds.items() if kind in SEQUENCES]

    def container(self, names: Names) -> Block:
        name = self.fresh("c")
        elements = [self.module(names, "plain") for _ in range(2)]
        if self.maybe(0.6):
            opening, closing, kind = self.chance.choice(
                [("[", "]", "list")] * 2
                + [("list((", "))", "list"), ("(", ")", "tuple")]
                + [("nn.ModuleList([", "])", "registry"), ("nn.ModuleList((", "))", "registry")]
            )
            names.kinds[name] = kind
            return [simple(f"{name} = {opening}{', '.join(elements)}{closing}")]
        names.kinds[name] = "dict"
        pairs = list(zip(KEYS, elements, strict=True))
        if self.maybe(0.2):
            items = ", ".join(f"{key}={value}" for key, value in pairs)
            return [simple(f"{name} = dict({items})")]
        items = ", ".join(f'"{key}": {value}' for key, value in pairs)
        return [simple(f"{name} = {{{items}}}")]

    def grow(self, names: Names) -> Block:
        """A container changes; it never gets shorter than two elements."""
        lists, registries = self.of_kind(names, "list"), self.of_kind(names, "registry")
        dicts = self.of_kind(names, "dict")
        value = self.module(names, "plain")
        lines = [f'{dicts[0]}["{self.chance.choice(KEYS)}"] = {value}'] if dicts else []
        if dicts:
            lines.append(f"{dicts[0]}.update({KEYS[0]}={value})")
        if lists:
            target = self.chance.choice(lists)
            lines += [
                f"{target}.append({value})",
                f"{target}[0] = {value}",
                f"{target}.insert(0, {value})",
                f"{target}.extend([{value}])",
                f"{target}.reverse()",
            ]
            if target not in names.fixed:
                lines.append(f"{target} += [{value}]")
        if registries:
            target = self.chance.choice(registries)
            lines += [f"{target}.append({value})", f"{target}[0] = {value}"]
            lines += [f"{target}.{self.setting(names)}"] * 2
        return [simple(self.chance.choice(lines))] if lines else self.container(names)

    def take_apart(self, names: Names) -> Block:
        """A container becomes names or another container."""
        sequences = self.sequences(names)
        if not sequences:
            return self.container(names)
        source, name = self.chance.choice(sequences), self.fresh("m")
        roll = self.chance.random()
        if roll < 0.25:
            is_list = names.kinds[source] == "list"
            forms = [f"list({source})", f"[*{source}]", f"list(reversed({source}))"]
            forms += [f"{source} + [{self.module(names, 'plain')}]"] if is_list else []
            names.kinds[name] = "list"
            return [simple(f"{name} = {self.chance.choice(forms)}")]
        flag = self.flag(names)
        names.kinds[name] = "plain"
        if roll < 0.5:
            return [simple(f"{name}, *_ = {source}")]
        if roll < 0.7:
            return [simple(f"*_, {name} = {source}")]
        if roll < 0.85:
            return [simple(f"{name} = next(iter({source}))")]
        return [simple(f"{name} = {source}[0 if {flag} else 1]")]

    def over_container(self, names: Names) -> Block:
        """A loop over modules."""
        name = self.fresh("m")
        inner = names.inner(loop=True)
        inner.kinds[name] = "plain"
        target, source = self._iteration(names, name)
        body = [simple(f"{name}.{self.setting(names)}")] if self.maybe(0.6) else []
        body += self.block(inner, 1)
        return [compound(f"for {target} in {source}:", body)]

    def _iteration(self, names: Names, name: str) -> tuple[str, str]:
        """What stands before and behind the ``in`` of a loop."""
        sequences, dicts = self.sequences(names), self.of_kind(names, "dict")
        generators = self.library.generators
        if generators and self.maybe(0.4):
            return name, self.call(names, self.chance.choice(generators))
        if dicts and self.maybe(0.4):
            source = self.chance.choice(dicts)
            if self.maybe(0.3):
                return f"_, {name}", f"{source}.items()"
            return name, f"{source}.values()"
        if not sequences or self.maybe(0.3):
            return name, f"({self.module(names, 'plain')}, {self.module(names, 'plain')})"
        source = self.chance.choice(sequences)
        forms = [
            (name, source),
            (name, source),
            (f"_, {name}", f"enumerate({source})"),
            (f"_, {name}", f"zip({source}, {source})"),
            (name, f"reversed({source})"),
            (name, f"(each for each in {source} if {self.condition(names)})"),
            (name, f"{source}[:1]"),
            (name, f"map(lambda each: each.{self.setting(names)}, {source})"),
        ]
        return self.chance.choice(forms)

    def comprehension(self, names: Names) -> Block:
        sequences = self.sequences(names)
        single = f"[{self.module(names, 'plain')}]"
        source = self.chance.choice(sequences) if sequences else single
        lines = [
            f"[v.{self.setting(names)} for v in {source}]",
            f"[v(x) for v in {source} if {self.condition(names)}]",
            f"[{self.module(names, 'module')}(batch) for batch in loader]",
            f"any(v.{self.setting(names)} is None for v in {source})",
            f"{{v.{self.setting(names)} for v in {source}}}",
            f"list(map(lambda v: v.{self.setting(names)}, {source}))",
            f"[v(x) for v in [w.{self.setting(names)} for w in {source}]]",
        ]
        line = self.chance.choice(lines)
        if self.maybe(0.3):
            name = self.fresh("c")
            line = f"{name} = [{self.new(names, 'plain')} for _ in range(2)]"
            names.kinds[name] = "list"
        elif self.maybe(0.2):
            name = self.fresh("c")
            keys = ", ".join(f'"{key}"' for key in KEYS)
            line = f"{name} = {{key: {self.new(names, 'plain')} for key in ({keys})}}"
            names.kinds[name] = "dict"
        return [simple(line)]
