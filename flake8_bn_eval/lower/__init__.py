"""From the tree to flow nodes and operations: the last place that sees syntax."""
