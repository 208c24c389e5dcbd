"""What is written in a file, whether or not it is ever run."""
