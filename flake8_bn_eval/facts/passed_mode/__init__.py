"""The mode as an argument: frameworks whose layers are told at each call whether they train."""
