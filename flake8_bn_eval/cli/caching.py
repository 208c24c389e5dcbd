"""Where commands keep what they know of files, and on how many processors they judge them."""

from __future__ import annotations

import argparse
import os

from flake8_bn_eval.analysis import RAISE
from flake8_bn_eval.checking.cache import Cache, default_folder
from flake8_bn_eval.checking.run import processors
from flake8_bn_eval.configuration.choice import Choice

CACHE_DIR = "BN_EVAL_CACHE_DIR"
"""Environment variable: the directory of the cache where nothing else names one."""


def add_cache(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the cache."""
    parser.add_argument("--no-cache", action="store_true", help="judge every file anew")
    parser.add_argument(
        "--cache-dir",
        metavar="DIRECTORY",
        help=f"where results are kept (default: ${CACHE_DIR}, else .bn-eval-cache in the project)",
    )


def cache_of(given: argparse.Namespace, choice: Choice) -> Cache | None:
    """The cache that is to be used, if any."""
    if given.no_cache or os.environ.get(RAISE):
        return None
    configured = None if choice.table is None else choice.table.cache_dir
    folder = given.cache_dir or configured or os.environ.get(CACHE_DIR)
    return Cache(folder or default_folder())


def jobs_of(choice: Choice) -> int:
    """How many processes are to judge."""
    jobs = choice.namespace.jobs
    return processors() if jobs.is_auto else int(jobs.n_jobs)
