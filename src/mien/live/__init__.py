"""Faces read while they are seen: the loop, its window, its lines."""
