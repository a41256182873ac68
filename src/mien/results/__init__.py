"""The AU table and the files it is written to."""
