"""What operations do to a state: expressions, calls, classes, contexts, and where to start."""
