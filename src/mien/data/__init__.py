"""(Learning half) Files to training examples: the face model, planted faces, mesh examples."""
