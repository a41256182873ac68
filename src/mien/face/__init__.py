"""From a frame to faces, landmarks and aligned crops."""
