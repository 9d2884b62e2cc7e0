"""Profiles of hypothesis: short in the gate, long in ``make soak``."""

from hypothesis import settings

settings.register_profile("soak", max_examples=2000, deadline=None)
# no deadline: machines are shared and noisy, and no test asserts on time
# the same examples each time, so that the gate says the same of the same code; the long runs look for new ones
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate")
