"""ONNX in, ONNX out: checks a network and rewrites it to what EZKL proves rightly; owns the import of onnx."""
