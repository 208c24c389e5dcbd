"""The abstract values: modes and gradients, what a name may hold, objects, worlds."""
