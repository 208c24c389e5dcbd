"""A baseline: findings that are known and stay silent until they are gone.

A JSON file.  A finding is known by its file, as a path from the baseline, and its
fingerprint, so that it may be moved within its function but not copied.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flake8_bn_eval.files.units import InputError
from flake8_bn_eval.report.results import FileResult

VERSION = 1
_Key = tuple[str, str]


@dataclass(slots=True)
class Baseline:
    """The findings of a file that are known; those that were met are taken off."""

    folder: str
    left: Counter[_Key] = field(default_factory=Counter)
    met: int = 0

    def without_known(self, result: FileResult) -> FileResult:
        """A result with only what is new."""
        path = _path_from(self.folder, result.path)
        kept = tuple(it for it in result.reported if not self._meets((path, it.fingerprint)))
        return replace(result, reported=kept)

    def _meets(self, key: _Key) -> bool:
        if not self.left[key]:
            return False
        self.left[key] -= 1
        self.met += 1
        return True

    def gone_from(self, paths: Iterable[str]) -> int:
        """How many known findings of these files were not met."""
        looked_at = {_path_from(self.folder, path) for path in paths}
        return sum(count for (path, _), count in self.left.items() if path in looked_at)


def read_baseline(file: str) -> Baseline:
    """The baseline in a file; an `InputError` for a file that holds none."""
    try:
        data = json.loads(Path(file).read_bytes())
        if data["version"] != VERSION:
            raise InputError(f"{file}: version {data['version']} of baselines is not known here")
        known = Counter((each["path"], each["fingerprint"]) for each in data["findings"])
    except OSError as error:
        hint = "; --write-baseline makes one" if isinstance(error, FileNotFoundError) else ""
        raise InputError(f"{file}: {error.strerror}{hint}") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{file}:{error.lineno}: no baseline: {error.msg}") from error
    except (UnicodeDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{file}:1: no baseline: --write-baseline makes one") from error
    return Baseline(_folder_of(file), known)


def baseline_text(file: str, results: Iterable[FileResult]) -> str:
    """The baseline of everything that was found, to be written to a file."""
    folder = _folder_of(file)
    findings: list[dict[str, Any]] = [
        {
            "path": _path_from(folder, result.path),
            "code": reported.finding.code,
            "message": reported.finding.message,
            "fingerprint": reported.fingerprint,
        }
        for result in results
        for reported in result.reported
    ]
    findings.sort(key=lambda it: (it["path"], it["code"], it["fingerprint"]))
    return json.dumps({"version": VERSION, "findings": findings}, indent=1) + "\n"


def _folder_of(file: str) -> str:
    return str(Path(file).absolute().parent)


def _path_from(folder: str, path: str) -> str:
    return os.path.relpath(Path(path).absolute(), folder).replace(os.sep, "/")
