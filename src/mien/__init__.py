"""mien reads faces: action units, expressions, head pose, gaze and blinks."""
