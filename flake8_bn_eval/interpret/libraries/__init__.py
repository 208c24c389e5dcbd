"""What the knowledge tables say that a call of a library does."""
