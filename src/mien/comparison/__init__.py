"""Networks side by side on the same pictures: scores, what they cost, how they learned, a page."""
