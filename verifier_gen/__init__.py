"""ONNX in, circuit and Solidity verifier out: SRS, build, manifest, proving and verifying with EZKL."""
