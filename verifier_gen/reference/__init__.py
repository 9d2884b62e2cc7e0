"""An independent reference of a circuit in integers: what EZKL's circuit computes, told without EZKL.

``load_program`` reads an ONNX file and EZKL's settings into a :class:`~verifier_gen.reference.program.Program`;
``evaluate`` runs it with numpy. Written from EZKL 23.0.5's source (docs/correctness.md names the places); imports
neither EZKL nor anything of it.
"""

from verifier_gen.reference.compile import load_program
from verifier_gen.reference.evaluate import evaluate
from verifier_gen.reference.program import Program, ReferenceCircuitError

__all__ = ["Program", "ReferenceCircuitError", "evaluate", "load_program"]
