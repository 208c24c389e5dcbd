"""The tests; what each kind of them is for stands in ``docs/contributing.md``."""
