"""What operator and deadline ask of a transaction under way: done once, or too late and said so."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from relayer.outbox.models import AttemptRow
from tests.integration.relayer_faults.conftest import MakeRig
from tests.integration.relayer_rig import ONCE, Rig


def test_bump_by_the_operator_replaces_once(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    (job,) = rig.queue()
    rig.step()
    rig.desk.bump(job)
    rig.step(2)
    assert [attempt.replacement for attempt in rig.attempts(job)] == [0, 1]
    rig.finish()
    assert rig.tally() == [1]
    assert rig.sent()[0]["hash"] == rig.attempts(job)[1].hash == rig.jobs()[0].transaction


def test_cancel_sent_job_ends_by_a_self_send_once_it_is_final(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    (job,) = rig.queue()
    rig.step()
    rig.desk.cancel(job)
    rig.step(mine=1)
    rig.step()
    assert rig.states() == ["sent"]
    rig.finish()
    assert rig.states() == ["cancelled"]
    assert rig.tally() == [0]
    (transaction,) = rig.sent()
    assert transaction["to"].lower() == rig.account.address.lower()
    rig.desk.retry(job)
    rig.finish()
    assert rig.tally() == [1]


def test_cancel_of_a_call_that_reverts_ends_it_once_that_is_final(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    (job,) = rig.queue(mode=ONCE)
    rig.step()
    rig.compete()
    rig.chain.mine()
    rig.desk.cancel(job)
    rig.step()
    assert rig.states() == ["sent"]
    rig.step(4, mine=1)
    assert rig.history(job) == ["queued", "sent", "cancelled"]
    assert len(rig.sent()) == 1
    # the competitor's tip leaves the fee history
    rig.chain.mine(12)


def test_cancel_signed_and_the_call_reverts_in_its_place_stays_cancelled(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    (job,) = rig.queue(mode=ONCE)
    rig.step()
    rig.compete()
    cancel_and_forget_the_self_send(rig, job)
    send_again(rig, job, "call")
    rig.chain.mine()
    rig.step()
    assert rig.states() == ["sent"]
    rig.finish()
    assert rig.history(job) == ["queued", "sent", "cancelled"]


def test_cancel_signed_and_another_takes_the_nonce_stays_cancelled_until_retried(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    (job,) = rig.queue()
    rig.step()
    rig.desk.cancel(job)
    rig.step()
    fees = {"gas": 21_000, "maxFeePerGas": 10**13, "maxPriorityFeePerGas": 10**12, "chainId": rig.chain.chain_id}
    other = rig.account.sign_transaction({"to": "0x" + "11" * 20, "value": 1, "nonce": 0, "type": 2, **fees})
    rig.chain.ask("eth_sendRawTransaction", "0x" + other.raw_transaction.hex())
    rig.chain.mine()
    rig.finish()
    assert rig.history(job) == ["queued", "sent", "cancelled"]
    assert rig.tally() == [0]
    rig.desk.retry(job)
    rig.finish()
    assert rig.tally() == [1]
    # the tip leaves the fee history
    rig.chain.mine(12)


def test_cancel_signed_and_the_older_withdrawal_lands_stays_cancelled(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=30.0)
    (job,) = rig.queue(mode=ONCE)
    rig.step()
    rig.chain.ask("anvil_dropTransaction", rig.jobs()[0].transaction)
    rig.compete()
    rig.chain.mine()
    rig.step(seconds=31.0)
    cancel_and_forget_the_self_send(rig, job)
    assert [attempt.kind for attempt in rig.attempts(job)] == ["call", "withdraw", "cancel"]
    send_again(rig, job, "withdraw")
    rig.chain.mine()
    rig.finish()
    assert rig.history(job) == ["queued", "sent", "cancelled"]


def cancel_and_forget_the_self_send(rig: Rig, job: int) -> None:
    """The operator cancels, and the nodes forget the self-send, but not what it replaced."""
    rig.desk.cancel(job)
    rig.step()
    assert rig.attempts(job)[-1].kind == "cancel"
    rig.chain.ask("anvil_dropTransaction", rig.attempts(job)[-1].hash)


def send_again(rig: Rig, job: int, kind: str) -> None:
    """Some node has still had the older transaction."""
    with Session(rig.engine) as session:
        query = select(AttemptRow.raw).where(AttemptRow.job_id == job, AttemptRow.kind == kind)
        rig.chain.ask("eth_sendRawTransaction", session.scalars(query).one())


def test_cancel_too_late_is_success(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    (job,) = rig.queue()
    rig.step()
    rig.chain.mine()
    rig.desk.cancel(job)
    rig.finish()
    assert rig.states() == ["finalized"]
    assert rig.tally() == [1]


def test_expired_while_waiting_costs_nothing_and_in_flight_is_called_off(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    rig.queue(expires_at=rig.chain.now)
    rig.queue(expires_at=rig.chain.now + 600)
    rig.step()
    assert rig.states() == ["expired", "sent"]
    rig.chain.ask("anvil_dropTransaction", rig.jobs()[1].transaction)
    rig.chain.pass_time(600)
    rig.step(mine=1)
    rig.finish()
    assert rig.states() == ["expired", "expired"]
    assert rig.tally() == [0, 0]
    assert len(rig.sent()) == 1


def test_paused_chain_follows_but_signs_nothing_new(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.queue()
    rig.step()
    rig.desk.pause(rig.chain.chain_id)
    rig.queue()
    rig.step(6, mine=1)
    assert rig.states() == ["finalized", "queued"]
    rig.desk.resume(rig.chain.chain_id)
    rig.finish()
    assert rig.tally() == [1, 1]
