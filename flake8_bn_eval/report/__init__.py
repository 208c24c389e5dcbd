"""How findings and events are printed, one module a format."""
