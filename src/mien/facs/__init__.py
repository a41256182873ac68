"""Action units and emotions: what is known before any data."""
