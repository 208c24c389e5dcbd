"""What is made of layers that ignore the mode, and of flags and overrides that set it."""
