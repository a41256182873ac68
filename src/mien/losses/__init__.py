"""(Learning half) Losses: pure functions of tensors, each with a mask for what is not known."""
