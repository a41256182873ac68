"""Settings of each experiment, in one place each."""
