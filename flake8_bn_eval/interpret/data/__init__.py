"""Containers, comprehensions, copies, and the outputs of forward calls."""
