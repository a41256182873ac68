"""Measurements that are run by hand: ``make bench``, or ``python -m benchmarks NAME``."""
