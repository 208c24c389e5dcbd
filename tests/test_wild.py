"""Drawing, judging and summing up reports, on repositories that are made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wild.__main__ import main
from tests.wild.drawing import MOST_ALIKE
from tests.wild.records import BadRecordError, Place, Record, Verdict, add_used, read, read_used

UNCALLED = """import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 8), nn.Dropout())
""" + "model.eval\n" * (MOST_ALIKE + 3)
CLEAN = "print('nothing to see')\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three checkouts: two with many reports of one code, one without any."""
    checkouts = tmp_path / "checkouts"
    texts = {"one+first": UNCALLED, "two+second": UNCALLED, "three+third": CLEAN}
    for name, text in texts.items():
        (checkouts / name).mkdir(parents=True)
        (checkouts / name / "run.py").write_text(text, encoding="utf-8")
    commits = "".join(f"{name.replace('+', '/')} c0ffee\n" for name in texts)
    (checkouts / "commits.txt").write_text(commits, encoding="utf-8")
    (checkouts / "notes").mkdir()
    return checkouts


def draw(folder: Path, *more: str) -> tuple[int, Path, Path]:
    """The exit status, and the files of the record and of what is used."""
    record, used = folder.parent / "record.jsonl", folder.parent / "used.txt"
    arguments = ["draw", str(folder), "--record", str(record), "--used", str(used), "--seed", "1"]
    return main([*arguments, *more]), record, used


def test_few_reports_of_one_code_in_one_repository_are_drawn(folder: Path) -> None:
    status, file, used = draw(folder, "--repositories", "3")
    record = read(file)
    assert status == 0
    assert [place.repository for place in record.places] == [
        *["one/first"] * MOST_ALIKE, *["two/second"] * MOST_ALIKE
    ]  # fmt: skip
    assert {(place.path, place.commit, place.code) for place in record.places} == {
        ("run.py", "c0ffee", "BNE303")
    }
    assert record.header.reported == {"BNE303": 2 * (MOST_ALIKE + 3)}
    assert read_used(used) == ["one/first", "three/third", "two/second"]
    assert "model" not in file.read_text(encoding="utf-8")  # no code is kept


def test_a_used_repository_is_never_drawn_again(folder: Path) -> None:
    used = folder.parent / "used.txt"
    used.write_text("# by hand\nOne/First\n", encoding="utf-8")
    status, file, _ = draw(folder, "--repositories", "2")
    assert status == 0
    assert read(file).header.repositories == ("three/third", "two/second")
    text = "# by hand\nOne/First\nthree/third\ntwo/second\n"
    assert used.read_text(encoding="utf-8") == text


def test_one_seed_draws_the_same(folder: Path) -> None:
    _, file, used = draw(folder, "--repositories", "2", "--reports", "4")
    first = file.read_text(encoding="utf-8")
    file.unlink()
    used.unlink()
    draw(folder, "--repositories", "2", "--reports", "4")
    assert file.read_text(encoding="utf-8") == first


def test_too_few_repositories_change_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, file, used = draw(folder, "--repositories", "4")
    assert status == 2
    assert "4 repositories are wanted, 3 were never used" in capsys.readouterr().err
    assert not file.exists()
    assert not used.exists()


def test_a_record_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw(folder, "--repositories", "1")
    status, _, _ = draw(folder, "--repositories", "1")
    assert status == 2
    assert "there is a record already" in capsys.readouterr().err


def test_a_checkout_without_a_commit_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "commits.txt").unlink()
    status, _, _ = draw(folder, "--repositories", "1")
    assert status == 2
    assert "no commit is known" in capsys.readouterr().err


def test_verdicts_are_asked_for_and_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, file, _ = draw(folder, "--repositories", "3", "--reports", "4")
    answers = iter(["", "act", "a", "f it is called below", "s", "q"])
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    judging = ["judge", str(folder), "--record", str(file)]
    assert main(judging) == 0
    shown = capsys.readouterr().out
    assert "`model.eval` is not called" in shown
    assert "> " in shown
    places = read(file).places
    assert [(each.verdict, each.note) for each in places] == [
        (Verdict.ACT, ""), (Verdict.FALSE, "it is called below"), (None, ""), (None, "")
    ]  # fmt: skip
    assert main(["sum", str(file)]) == 1
    assert "| all | 1 | 0 | 1 | 2 | 50% |" in capsys.readouterr().out
    answers = iter(["h", "a"])
    assert main(judging) == 0
    assert main(["sum", str(file)]) == 0
    assert "| BNE303 | 2 | 1 | 1 | 0 | 50% |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: an empty record"),
        ("{}\n", ":1: "),
        ('{"seed": 1, "version": "1", "repositories": []}\n[]\n', ":2: "),
        ('{"seed": 1, "version": "1", "repositories": []}\n{"verdict": "maybe"}\n', ":2: "),
        ('{"seed": 1, "version": "1", "repositories": []}\nnothing\n', ":2: "),
    ],
)
def test_a_bad_record_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "record.jsonl"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadRecordError) as error:
        read(file)
    assert f"{file}{said}" in str(error.value)


def test_the_records_of_this_project_can_be_read_and_their_repositories_are_used() -> None:
    here = Path(__file__).parent / "wild"
    used = read_used(here / "used.txt")
    assert used == sorted(set(used), key=str.lower)
    for file in sorted((here / "records").glob("*.jsonl")):
        record = read(file)
        assert isinstance(record, Record)
        assert set(record.header.repositories) <= set(used)
        assert all(isinstance(place, Place) for place in record.places)


def test_the_list_of_used_repositories_stays_sorted(tmp_path: Path) -> None:
    file = tmp_path / "used.txt"
    add_used(file, ["b/b", "C/c"])
    add_used(file, ["a/a", "b/b"])
    assert read_used(file) == ["a/a", "b/b", "C/c"]
