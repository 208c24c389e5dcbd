"""Modules: what they are made of, what sets their mode, and their forward calls."""
