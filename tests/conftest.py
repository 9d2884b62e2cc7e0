"""Profiles of hypothesis: short in the gate, long in ``make soak``."""

from hypothesis import settings

settings.register_profile("soak", max_examples=2000, deadline=None)
# no deadline: machines are shared and noisy, and no test asserts on time
settings.register_profile("gate", deadline=None)
settings.load_profile("gate")
