"""From libcst to flow nodes and operations: the last place that sees syntax."""
