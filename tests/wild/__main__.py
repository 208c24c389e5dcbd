"""Draw reports from repositories that were never used, judge them, sum them up.

python -m tests.wild draw CHECKOUTS --record tests/wild/records/NAME.jsonl
python -m tests.wild judge CHECKOUTS --record tests/wild/records/NAME.jsonl
python -m tests.wild sum tests/wild/records/*.jsonl
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.wild.drawing import DrawError, checkouts, draw
from tests.wild.judging import judge
from tests.wild.records import BadRecordError, add_used, read, read_used, write
from tests.wild.summing import table

USED = Path(__file__).parent / "used.txt"


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.wild",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw", help="draw, and write a record without verdicts")
    drawing.add_argument("--repositories", type=int, default=40, help="how many (40)")
    drawing.add_argument("--reports", type=int, default=60, help="how many at most (60)")
    drawing.add_argument("--seed", type=int, required=True, help="the same seed draws the same")
    drawing.add_argument("--used", type=Path, default=USED, help="the list of used repositories")
    judging = commands.add_parser("judge", help="ask for the verdicts of a record")
    for each in (drawing, judging):
        each.add_argument("checkouts", type=Path, help="a folder with a folder owner+name for each")
        each.add_argument("--record", type=Path, required=True, help="the file of the record")
    summing = commands.add_parser("sum", help="a table of the verdicts by code")
    summing.add_argument("records", type=Path, nargs="+")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 2 if something cannot be read or drawn, 1 if verdicts are missing in a sum."""
    options = parse_arguments(arguments)
    try:
        if options.command == "draw":
            return _draw(options)
        return _judge(options) if options.command == "judge" else _sum(options)
    except (BadRecordError, DrawError, OSError) as error:
        print(f"tests.wild: {error}", file=sys.stderr)
        return 2


def _draw(options: argparse.Namespace) -> int:
    if options.record.exists():
        raise DrawError(f"{options.record}: there is a record already")
    used = read_used(options.used)
    available = checkouts(options.checkouts)
    record = draw(available, used, options.repositories, options.reports, options.seed)
    write(record, options.record)
    add_used(options.used, record.header.repositories)
    count = sum(record.header.reported.values())
    print(f"{len(record.places)} of {count} reports, {options.record}")
    return 0


def _judge(options: argparse.Namespace) -> int:
    for record in judge(read(options.record), options.checkouts, input, print):
        write(record, options.record)
    return 0


def _sum(options: argparse.Namespace) -> int:
    records = [read(file) for file in options.records]
    print("\n".join(table(records)))
    missing = sum(place.verdict is None for record in records for place in record.places)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
