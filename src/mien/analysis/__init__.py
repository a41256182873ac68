"""The stages joined: from a source to a table."""
