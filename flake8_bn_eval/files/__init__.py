"""The files that are looked at: which ones, and the text in each."""
