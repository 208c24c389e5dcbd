"""A JUnit report, which nearly every CI service shows: a suite a file, a failure a finding."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from flake8_bn_eval.report.formats import Format
from flake8_bn_eval.report.results import FileResult
from flake8_bn_eval.report.text import finding_lines

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even as a reference."""


class Junit(Format):
    """``<testsuites>``; a file without findings is a test that passes."""

    def __init__(self) -> None:
        self._all = ElementTree.Element("testsuites", name="bn-eval")
        self._counts = {"tests": 0, "failures": 0, "errors": 0}

    def of_file(self, result: FileResult) -> str:
        """Nothing yet."""
        counts = {
            "tests": max(len(result.reported) + len(result.problems), 1),
            "failures": len(result.reported),
            "errors": len(result.problems),
        }
        suite = ElementTree.SubElement(self._all, "testsuite", name=_text(result.path))
        suite.attrib |= {name: str(count) for name, count in counts.items()}
        for finding in result.findings:
            name = f"{finding.code} {finding.rule} at {result.place(finding.span)}"
            case = _case(suite, result.path, name)
            failure = ElementTree.SubElement(case, "failure", type=finding.code)
            failure.set("message", _text(result.headline(finding)))
            failure.text = _text("\n".join(it.text for it in finding_lines(result, finding)))
        for problem in result.problems:
            case = _case(suite, result.path, "unreadable")
            ElementTree.SubElement(case, "error", message=_text(problem))
        if not result.reported and not result.problems:
            _case(suite, result.path, "no findings")
        self._counts = {name: self._counts[name] + count for name, count in counts.items()}
        return ""

    def closing(self) -> str:
        """The document, in characters that every encoding has."""
        self._all.attrib |= {name: str(count) for name, count in self._counts.items()}
        ElementTree.indent(self._all)
        document: bytes = ElementTree.tostring(
            self._all, encoding="us-ascii", xml_declaration=True
        )
        return document.decode("ascii") + "\n"


def _case(suite: ElementTree.Element, path: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        suite, "testcase", classname=_text(path), name=name, file=_text(path)
    )


def _text(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
