"""``python -m flake8_bn_eval``: the same as ``bn-eval``."""

import sys

from flake8_bn_eval.cli import main

sys.exit(main())
