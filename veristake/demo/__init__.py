"""The main job on two local chains, with every real part as a process of its own."""
