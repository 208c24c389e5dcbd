"""Every output format, read by what reads such files."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from flake8_bn_eval.rules import DOCUMENTATION, all_rules
from tests.cli.client import DEFECT, INFERENCE, ROOT, run, write
from tests.test_project import FILES

SCHEMA = json.loads((ROOT / "tests" / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
ODD = "a,b: 100% π.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    write(folder, {"defect.py": DEFECT, "predict.py": INFERENCE, "clean.py": "x = 1\n"})
    return folder


def report(folder: Path, name: str, *arguments: str, status: int = 1) -> str:
    done = run(folder, "check", f"--output-format={name}", *arguments)
    assert done.returncode == status, done.stderr
    return done.stdout


def sarif(folder: Path, *arguments: str, status: int = 1) -> dict[str, Any]:
    """The only run of a log, which the published schema accepts."""
    log = json.loads(report(folder, "sarif", *arguments, status=status))
    Draft202012Validator(SCHEMA).validate(log)
    (only,) = log["runs"]
    return dict(only)


def test_sarif_is_valid_and_complete(folder: Path) -> None:
    only = sarif(folder)
    rules = only["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in all_rules()]
    assert all(rule["helpUri"].startswith(f"{DOCUMENTATION}/rules/BNE") for rule in rules)
    first, *_ = only["results"]
    assert (first["ruleId"], rules[first["ruleIndex"]]["id"]) == ("BNE303", "BNE303")
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "defect.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 4, "startColumn": 1, "endLine": 4, "endColumn": 9}
    assert only["invocations"] == [{"executionSuccessful": True}]


def test_sarif_has_a_location_for_each_note(folder: Path) -> None:
    notes = {
        (each["code"], each["line"]): each["notes"]
        for each in json.loads(report(folder, "json"))["findings"]
    }
    assert len(notes["BNE101", 8]) == 3
    for result in sarif(folder)["results"]:
        line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
        flows = result.get("codeFlows", [])
        steps = [step for flow in flows for step in flow["threadFlows"][0]["locations"]]
        assert [step["location"]["message"]["text"] for step in steps] == [
            note["message"] for note in notes[result["ruleId"], line]
        ]


def test_sarif_names_files_as_links(tmp_path: Path) -> None:
    write(tmp_path, {ODD: DEFECT})
    (result,) = sarif(tmp_path)["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"] == "a%2Cb%3A%20100%25%20%CF%80.py"
    write(tmp_path / "other", {"x.py": ""})
    (result,) = sarif(tmp_path / "other", f"../{ODD}")["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"].startswith("file:///")
    assert "uriBaseId" not in artifact


def test_notes_in_other_files_are_named_from_where_the_run_is(tmp_path: Path) -> None:
    write(tmp_path / "project", FILES)
    for folder, path in ((tmp_path / "project", ""), (tmp_path, "project/")):
        found = json.loads(report(folder, "json", "--select=BNE101"))["findings"]
        (finding,) = (each for each in found if each["path"] == f"{path}evaluation.py")
        assert f"{path}train.py" in {note["path"] for note in finding["notes"]}
        (result,) = (
            each
            for each in sarif(folder, "--select=BNE101")["results"]
            if each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            == f"{path}evaluation.py"
        )
        step = result["codeFlows"][0]["threadFlows"][0]["locations"][0]["location"]
        assert step["physicalLocation"]["artifactLocation"]["uri"] == f"{path}train.py"


def test_sarif_carries_fixes_that_can_be_applied(folder: Path) -> None:
    (result,) = sarif(folder, "defect.py")["results"]
    (fix,) = result["fixes"]
    (change,) = fix["artifactChanges"]
    (replacement,) = change["replacements"]
    lines = DEFECT.splitlines()
    region = replacement["deletedRegion"]
    assert region["startLine"] == region["endLine"] == 4
    start, end = region["startColumn"] - 1, region["endColumn"] - 1
    inserted = replacement["insertedContent"]["text"]
    assert lines[3][:start] + inserted + lines[3][end:] == "net.eval()"
    (found,) = json.loads(report(folder, "json", "defect.py"))["findings"]
    assert found["fix"]["edits"][0]["replacement"] == inserted


def test_sarif_says_what_was_not_looked_at(folder: Path) -> None:
    write(folder, {"broken.py": "x = (\n"})
    only = sarif(folder, status=2)
    (invocation,) = only["invocations"]
    assert not invocation["executionSuccessful"]
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"]["text"] == "broken.py:1:5: '(' was never closed"
    assert len(only["results"]) == 3


def test_json_tells_everything(folder: Path) -> None:
    told = json.loads(report(folder, "json"))
    assert told["version"] == 1
    assert Counter(each["code"] for each in told["findings"]) == {
        "BNE101": 1, "BNE201": 1, "BNE303": 1,
    }  # fmt: skip
    finding = next(each for each in told["findings"] if each["code"] == "BNE101")
    assert finding["path"] == "predict.py"
    assert finding["help"] == "call `model.eval()` before"
    assert finding["url"] == f"{DOCUMENTATION}/rules/BNE101/"
    line = INFERENCE.splitlines()[finding["line"] - 1]
    assert line[finding["column"] - 1 : finding["end_column"] - 1] == "model(inputs)"


def test_github_escapes_what_is_not_plain(tmp_path: Path) -> None:
    write(tmp_path, {ODD: DEFECT, "broken.py": "x = (\n"})
    problem, command = report(tmp_path, "github", status=2).splitlines()[::-1]
    match = re.fullmatch(r"::error ([^:]*)::(.*)", command)
    assert match is not None
    properties = dict(each.split("=", 1) for each in match[1].split(","))
    assert properties == {
        "file": "a%2Cb%3A 100%25 π.py",
        "line": "4",
        "endLine": "4",
        "col": "1",
        "endColumn": "9",
        "title": "BNE303 uncalled-mode-method",
    }
    assert match[2].startswith("`net.eval` is not called: the mode stays as it is%0Ahelp: ")
    assert problem == "::error title=bn-eval::broken.py:1:5: '(' was never closed"


def test_gitlab_has_one_fingerprint_for_each_issue(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": DEFECT + "net.eval\n", "b.py": DEFECT})
    issues = json.loads(report(tmp_path, "gitlab"))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 3
    assert issues[0]["location"] == {"path": "a.py", "lines": {"begin": 4, "end": 4}}
    assert {issue["severity"] for issue in issues} == {"major"}
    assert issues[0]["description"].startswith("BNE303 `net.eval` is not called")


def test_junit_counts_findings_and_what_was_not_read(tmp_path: Path) -> None:
    text = f"'''\f\x01 <&> ]]>'''\n{DEFECT}"
    write(tmp_path, {"a.py": text, "b.py": "x = 1\n", "c.py": "x = (\n"})
    (tmp_path / "d.py").write_bytes(b"'\xe9'\n")
    suites = ElementTree.fromstring(report(tmp_path, "junit", status=2))
    assert suites.attrib == {"name": "bn-eval", "tests": "4", "failures": "1", "errors": "2"}
    failures = [each.get("type") for each in suites.iter("failure")]
    assert failures == ["BNE303"]
    assert [len(suite) for suite in suites] == [1, 1, 1, 1]
    assert next(suites.iter("failure")).text.startswith("a.py:5:1: BNE303 ")


def test_reports_go_to_several_places_at_once(folder: Path) -> None:
    done = run(
        folder,
        "check",
        "--output-format=concise",
        "--output-format=sarif",
        "--output-file=reports/found.sarif",
        "--output-format=junit",
        "--output-file=reports/found.xml",
    )
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    log = json.loads((folder / "reports" / "found.sarif").read_text(encoding="utf-8"))
    assert len(log["runs"][0]["results"]) == 3
    suites = ElementTree.parse(folder / "reports" / "found.xml").getroot()
    assert suites.get("failures") == "3"
    assert sorted(path.name for path in (folder / "reports").iterdir()) == [
        "found.sarif", "found.xml",
    ]  # fmt: skip


def test_a_file_takes_the_text_report_without_colours(folder: Path) -> None:
    done = run(folder, "check", "--output-file=found.txt", "--color=always", "defect.py")
    assert (done.returncode, done.stdout) == (1, "")
    text = (folder / "found.txt").read_text(encoding="utf-8")
    assert text.startswith("defect.py:4:1: BNE303 ")
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output-format=json", "--output-format=sarif"], "only one can be printed"),
        (["--output-file=a", "--output-file=b"], "b has no --output-format before it"),
        (["--output-file=."], "Is a directory"),
        (["--output-file=defect.py/x"], "defect.py"),
        (["--output-format=yaml"], "invalid choice: 'yaml'"),
    ],
)
def test_what_cannot_be_written_is_said_before_all_work(
    folder: Path, arguments: list[str], message: str
) -> None:
    done = run(folder, "check", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_fingerprints_survive_moved_lines(tmp_path: Path) -> None:
    def marks(text: str) -> list[str]:
        write(tmp_path, {"a.py": text})
        results = sarif(tmp_path)["results"]
        return [next(iter(each["partialFingerprints"].values())) for each in results]

    function = "\n\ndef start(net):\n    net.eval\n    return net\n"
    before = marks(DEFECT + function)
    assert len(set(before)) == 2
    assert marks("import os\n\n\n" + DEFECT + "\nx = 1\n" + function) == before
    inner = function.replace("    net.eval", "    if net:\n        net.eval")
    assert marks(DEFECT + inner) == before
    assert marks(DEFECT + "net.eval\n" + function)[::2] == before  # a copy is another finding
    assert marks(DEFECT + function.replace("start", "begin"))[0] == before[0]
    assert marks(DEFECT + function.replace("start", "begin"))[1] != before[1]


@pytest.mark.parametrize("name", ["json", "sarif", "github", "gitlab", "junit"])
def test_flake8_writes_the_same_formats(folder: Path, name: str) -> None:
    if not any(point.name == f"bne-{name}" for point in entry_points(group="flake8.report")):
        pytest.fail("the formatters are not installed here: python -m pip install -e .")
    arguments = ["--select=BNE,E3", f"--format=bne-{name}", "--jobs=2", "."]
    write(folder, {"blank.py": "x = 1\n\n\n\n\ny = 2\n"})
    done = run(folder, *arguments, module="flake8")
    assert (done.returncode, done.stderr) == (1, "")
    if name == "sarif":
        log = json.loads(done.stdout)
        Draft202012Validator(SCHEMA).validate(log)
        found = Counter(each["ruleId"] for each in log["runs"][0]["results"])
    elif name == "junit":
        suites = ElementTree.fromstring(done.stdout)
        found = Counter(each.get("type", "") for each in suites.iter("failure"))
    elif name == "github":
        found = Counter(re.findall(r"title=(\w+) ", done.stdout))
    else:
        data = json.loads(done.stdout)
        issues = data if name == "gitlab" else data["findings"]
        found = Counter(each.get("check_name") or each["code"] for each in issues)
    assert found == {"BNE101": 1, "BNE201": 1, "BNE303": 1, "E303": 1}
    run(folder, *arguments, "--output-file=found", module="flake8")
    assert (folder / "found").read_text(encoding="utf-8") == done.stdout
