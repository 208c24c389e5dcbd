"""What statements, conditions and contexts do to a state."""
