"""All fixes of one text, one after the other, each tried out before it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flake8_bn_eval import source
from flake8_bn_eval.findings import Finding, Fix, Span
from flake8_bn_eval.fix.edits import moved_line
from flake8_bn_eval.fix.proposals import Declined
from flake8_bn_eval.fix.site import File
from flake8_bn_eval.fix.trial import Analyse, Fixed, Key, key_of, tried_out, tried_together

Wanted = Callable[[Finding], bool]


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text after its fixes.

    ``fixes`` are in the order in which they were made, each against the text that the one
    before gave.  The findings in ``declined`` stand in ``text``, so do those in ``remaining``,
    which is all that is found there, wanted or not.
    """

    text: str
    fixes: tuple[Fix, ...]
    declined: tuple[Declined, ...]
    remaining: tuple[Finding, ...]

    @property
    def lines(self) -> list[int]:
        """The line in ``text`` of what each fix repaired."""
        return [self._line(number) for number in range(len(self.fixes))]

    def _line(self, number: int) -> int:
        span = self.fixes[number].finding.span
        for fix in self.fixes[number:]:
            line = moved_line(span, fix.edits)
            span = Span(line, span.column, line + span.end_line - span.line, span.end_column)
        return span.line


def repair(
    text: str,
    analyse: Analyse,
    *,
    unsafe: bool = False,
    wanted: Wanted = lambda finding: True,
) -> Repaired:
    """Fix the wanted findings of a text, and say of the others why they are not fixed.

    It ends because each fix leaves one finding less, and what it gives it leaves as it is
    when it is done again.  Text that is not parsed stays as it is.
    """
    state = _Repairing(text, analyse(text), analyse, unsafe, wanted)
    while state.goes_on():
        pass
    return Repaired(state.text, tuple(state.fixes), tuple(state.declined), tuple(state.findings))


@dataclass
class _Repairing:
    """A text on its way.  What has been declined is asked again when something has changed."""

    text: str
    findings: Sequence[Finding]
    analyse: Analyse
    unsafe: bool
    wanted: Wanted
    fixes: list[Fix] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)
    asked: Counter[Key] = field(default_factory=Counter)
    """What has been declined since all were asked last."""
    has_changed: bool = False
    """Whether a fix has been made since then."""
    one_by_one: bool = False
    """Whether several fixes at once did not hold, or are not enough to be worth it."""

    def goes_on(self) -> bool:
        """Make the next fix, or several at once; false if nothing is left to be tried."""
        pending = self._pending()
        if not pending and not self.has_changed:
            return False
        if not pending:
            self._ask_again()
            return True
        try:
            file = File(self.text)
        except source.UnparsableError as error:
            reason = f"the file is not parsed: {error.message}"
            self.declined += [Declined(each, reason) for each in pending]
            return False
        together = None if self.one_by_one else self._together(file, pending)
        if together is None:
            self.one_by_one = True
            self._try_each(file, pending)
        else:
            self._make(together)
        return True

    def _together(self, file: File, pending: Sequence[Finding]) -> Fixed | None:
        return tried_together(file, pending, self.findings, self.analyse, unsafe=self.unsafe)

    def _pending(self) -> list[Finding]:
        met = Counter[Key]()
        pending = []
        for finding in filter(self.wanted, self.findings):
            key = key_of(finding)
            met[key] += 1
            if met[key] > self.asked[key]:
                pending.append(finding)
        return pending

    def _ask_again(self) -> None:
        self.declined.clear()
        self.asked.clear()
        self.has_changed = False

    def _try_each(self, file: File, pending: Sequence[Finding]) -> None:
        """Up to the first fix that holds."""
        for finding in pending:
            result = tried_out(file, finding, self.findings, self.analyse, unsafe=self.unsafe)
            if isinstance(result, Fixed):
                self._make(result)
                return
            self.declined.append(result)
            self.asked[key_of(finding)] += 1

    def _make(self, fixed: Fixed) -> None:
        self.text, self.findings = fixed.text, fixed.findings
        self.fixes += fixed.fixes
        edits = [edit for fix in fixed.fixes for edit in fix.edits]
        self.asked = Counter(key_of(each.finding, edits) for each in self.declined)
        self.has_changed = True
