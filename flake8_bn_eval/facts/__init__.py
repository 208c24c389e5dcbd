"""What rules may read: the records of an interpretation, and what they are evidence of."""

from flake8_bn_eval.facts.answers import Facts
from flake8_bn_eval.facts.forward import Forward, Purpose

__all__ = ["Facts", "Forward", "Purpose"]
