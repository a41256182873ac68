"""Pictures, videos and cameras in and out."""
