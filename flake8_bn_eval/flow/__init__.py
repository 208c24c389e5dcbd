"""Control flow alone: what runs after what, generic in the state and ignorant of Python."""
