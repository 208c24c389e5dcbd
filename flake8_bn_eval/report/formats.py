"""The formats by name, each in a module of its own that is imported when it is asked for."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from typing import ClassVar

from flake8_bn_eval.report.results import FileResult


class Format(ABC):
    """Makes the text of a report, in pieces as the results come."""

    wants_fixes: ClassVar[bool] = False
    """Whether it shows fixes, which cost an analysis each."""

    @abstractmethod
    def of_file(self, result: FileResult) -> str:
        """The next piece, about one file; files come in order."""

    def closing(self) -> str:
        """The last piece."""
        return ""


FORMATS = {
    "text": "flake8_bn_eval.report.text:Text",
    "concise": "flake8_bn_eval.report.concise:Concise",
    "json": "flake8_bn_eval.report.json_format:Json",
    "sarif": "flake8_bn_eval.report.sarif:Sarif",
    "github": "flake8_bn_eval.report.github:Github",
    "gitlab": "flake8_bn_eval.report.gitlab:Gitlab",
    "junit": "flake8_bn_eval.report.junit:Junit",
}


def format_named(name: str) -> Format:
    """A format that has told nothing yet; KeyError for a name that none has."""
    module, _, kind = FORMATS[name].partition(":")
    made: Format = getattr(importlib.import_module(module), kind)()
    return made
