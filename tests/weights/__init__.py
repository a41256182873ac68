"""Tests of the room that has the networks."""
