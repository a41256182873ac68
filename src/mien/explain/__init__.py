"""Why a network says what it says: what it looked at, drawn on the face; needs no torch."""
