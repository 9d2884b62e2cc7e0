"""The front door: one command line, the demo, and finding the tools; no logic of its own."""
