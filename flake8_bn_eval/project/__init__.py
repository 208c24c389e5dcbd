"""Other files of the same project: finding them, reading them, and what they define."""
