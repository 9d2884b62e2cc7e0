"""A relayer on Anvil through random faults: each job's call on the chain at most once, and once when it says so."""

from tests.integration.courses import run_courses
from tests.integration.relayer_machine import Machine
from tests.integration.relayer_rig import bare_chain
from tests.integration.rpc_proxy import rpc_proxy


def check_courses(examples: int, steps: int) -> None:
    """So many courses of so many events each; always the same."""
    with bare_chain() as chain, rpc_proxy(chain.url) as proxy:
        Machine.chain, Machine.proxy = chain, proxy
        run_courses(Machine, examples, steps)


def test_relayer_any_faults_lands_each_job_once() -> None:
    check_courses(examples=7, steps=12)
