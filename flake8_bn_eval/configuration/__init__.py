"""What is configured beside flake8's own files: ``[tool.bn-eval]``, read by every front end."""
