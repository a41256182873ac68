"""Units that public sets are coded for, as the published networks and protocols read them."""

__all__ = ["BP4D", "DISFA", "DISFA_INTENSITY", "GFT"]

BP4D = 1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24
"""Present or not. Others are coded in part of the set."""
DISFA = 1, 2, 4, 6, 9, 12, 25, 26
"""Present or not: eight of those that have an intensity."""
DISFA_INTENSITY = 1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26
"""0-5."""
GFT = 1, 2, 4, 6, 10, 12, 14, 15, 23, 24
"""Present or not."""
