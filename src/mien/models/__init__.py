"""(Learning half) Networks only: no loss, no data, no training."""
