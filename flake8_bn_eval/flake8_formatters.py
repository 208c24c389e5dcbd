"""The formats of `report` as formatters of flake8: ``flake8 --format=bne-sarif``.

They show the findings of every plugin.  flake8 hands over lines of text, so there are no
notes and no fixes; `bn-eval check` has both.  What is not needed without such a format is
imported only with it, as flake8 imports this module in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flake8.formatting.base import BaseFormatter

if TYPE_CHECKING:
    from flake8.violation import Violation

    from flake8_bn_eval.report.formats import Format


class _Formatter(BaseFormatter):  # type: ignore[misc]
    """Collects what flake8 shows of a file and lets a format report it."""

    name: ClassVar[str]

    def start(self) -> None:
        """Begin the report."""
        from flake8_bn_eval.report.formats import format_named  # noqa: PLC0415

        super().start()
        self._format: Format = format_named(self.name)
        self._shown: list[Violation] = []

    def handle(self, error: Violation) -> None:
        """Keep what is shown until the file is done."""
        self._shown.append(error)

    def finished(self, filename: str) -> None:
        """Report the file."""
        from flake8_bn_eval.checking.violations import result_of  # noqa: PLC0415

        self._write_piece(self._format.of_file(result_of(filename, self._shown)))
        self._shown = []

    def stop(self) -> None:
        """End the report."""
        self._write_piece(self._format.closing())
        super().stop()

    def _write_piece(self, piece: str) -> None:
        if piece:
            self._write(piece.removesuffix("\n"))


class Json(_Formatter):
    """See `report.json_format`."""

    name = "json"


class Sarif(_Formatter):
    """See `report.sarif`."""

    name = "sarif"


class Github(_Formatter):
    """See `report.github`."""

    name = "github"


class Gitlab(_Formatter):
    """See `report.gitlab`."""

    name = "gitlab"


class Junit(_Formatter):
    """See `report.junit`."""

    name = "junit"
