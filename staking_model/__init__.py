"""What is proved: features, the LSTM, its training, ONNX export and reference run."""
