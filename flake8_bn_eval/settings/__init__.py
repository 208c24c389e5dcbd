"""What a command of the command line is to do: flags, flake8's configuration, the table."""
