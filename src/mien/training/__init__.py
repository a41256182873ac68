"""(Learning half) Fitting a network, and writing it as ONNX with its card."""
