"""Acts on what a score hangs on: configs, limits, versions, and the proofs that somebody brings."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import strategies as st
from hypothesis.stateful import rule

from statements.instances import Instances
from statements.quantities import FIELD_MODULUS
from tests.integration.feed_machine.acting import ASSETS, SELDOM
from tests.integration.feed_machine.feed_model import LAYOUT, MODEL_ID, FeedModel, Status, Submission
from tests.integration.feed_machine.observer_model import Factors, RefusedError
from tests.integration.feed_machine.observing import PREMIUM, RATES, Observing
from tests.integration.feed_machine.stage import OTHER, STAKE, TRAINED

ONE = 2**LAYOUT.output_scale_bits
OUTPUTS = st.tuples(st.integers(0, ONE), st.integers(0, ONE))
VERSIONS = st.integers(1, 6)
PROOF = b"proof"


class Scoring(Observing):
    """The owner configures, the guardian freezes, anybody submits."""

    @rule(
        number=ASSETS,
        heartbeat=st.sampled_from([3600, 86400, 86400, 0, 7 * 86400, 7 * 86400 + 1]),
        factors=st.sampled_from([TRAINED, TRAINED, OTHER]),
        often=SELDOM,
    )
    def add_config(self, number: int, heartbeat: int, factors: Factors, often: bool) -> None:
        if often:
            return
        observer, asset = self.observer(number), self.stage.assets[number]
        call = self.stage.observer.asked("addAssetConfig", observer.asset, asset.config(heartbeat, factors))
        self.both(call, self.stage.owner, lambda: observer.add_config(heartbeat, factors, self.node.now))

    @rule(number=ASSETS, premium=PREMIUM)
    def change_config_while_an_epoch_is_missed(self, number: int, premium: int) -> None:
        """The third epoch from now is the first of the new config; it is missed, and carried under the old one."""
        observer = self.observer(number)
        current = observer.configs[observer.config_version(self.epoch) - 1].factors
        self.observe_epochs(number, (1,) * 9, 0, premium)
        self.add_config(number, 86400, OTHER if current == TRAINED else TRAINED, often=False)
        self.observe_epochs(number, (1, 1, 2), 0, -premium)

    @rule(number=ASSETS, heartbeat=st.sampled_from([0, 1, 3600, 7200]), age=st.sampled_from([3599, 3600, 7259, 10**5]))
    def set_limits(self, number: int, heartbeat: int, age: int) -> None:
        feed = self.world.feeds[number]
        call = self.stage.feed.asked("setLimits", feed.observer.asset, (heartbeat, age))
        self.both(call, self.stage.owner, lambda: feed.set_limits(heartbeat, age))

    # --------------------------------------------------------------- versions

    @rule(version=VERSIONS, lead=st.sampled_from([-1, 0, 1, 1, 2, 4, 720, 721]), proposed=st.booleans())
    def activate(self, version: int, lead: int, proposed: bool) -> None:
        candidates = [v for v in range(1, 7) if self.world.registry.version(v).status == Status.PROPOSED]
        version, start = candidates[0] if proposed and candidates else version, self.epoch + lead
        call = self.stage.registry.asked("activate", MODEL_ID, version, start)
        self.both(call, self.stage.owner, lambda: self.world.registry.activate(version, start, self.node.now))

    @rule(version=VERSIONS, lead=st.integers(0, 5), last=st.booleans(), often=SELDOM)
    def deprecate(self, version: int, lead: int, last: bool, often: bool) -> None:
        if often:
            return
        registry, end = self.world.registry, self.epoch + lead
        version = registry.plan[-1].version if last and registry.plan else version
        call = self.stage.registry.asked("deprecate", MODEL_ID, version, end)
        self.both(call, self.stage.owner, lambda: registry.deprecate(version, end, self.node.now))

    @rule(version=VERSIONS, often=SELDOM, number=ASSETS)
    def freeze(self, version: int, often: bool, number: int) -> None:
        """Any, or the one that the newest round is of."""
        if not often:
            feed = self.world.feeds[number]
            version = feed.rounds[feed.latest].version if feed.rounds else version
            call = self.stage.registry.asked("freeze", MODEL_ID, version)
            self.both(call, self.stage.guardian, lambda: self.world.registry.freeze(version, self.node.now))

    @rule(version=VERSIONS, number=ASSETS)
    def stranger_tries_what_only_others_may(self, version: int, number: int) -> None:
        stranger, asset, registry = self.stage.stranger, self.stage.assets[number], self.stage.registry
        calls = (
            registry.asked("freeze", MODEL_ID, version),
            registry.asked("activate", MODEL_ID, version, self.epoch + 1),
            registry.asked("deprecate", MODEL_ID, version, self.epoch + 1),
            self.stage.observer.asked("addAssetConfig", asset.token.address, asset.config(3600, TRAINED)),
            self.stage.feed.asked("setLimits", asset.token.address, (3600, 3600)),
        )
        errors = [answer.error for answer in self.node.ask(*calls, sender=stranger)]
        assert errors == [("NotGuardian", stranger)] + [("AccessManagedUnauthorized", stranger)] * 4

    # ----------------------------------------------------------------- scores

    @rule(
        number=ASSETS,
        lag=st.sampled_from([0, 0, 0, 0, 1, 2, 5, 23, 24, 31, 32, -1, -9]),
        outputs=OUTPUTS,
        tag=st.integers(0, 2**64 - 1),
        wrong=st.sampled_from(["nothing"] * 6 + ["output", "proof", "range", "field", "tag"]),
    )
    def submit(self, number: int, lag: int, outputs: tuple[int, int], tag: int, wrong: str) -> None:
        """A proof of the model's instances; with something wrong, the outputs sent are not those proven."""
        feed = self.world.feeds[number]
        duration, risk = outputs
        sent = {"output": (duration, risk ^ 1), "range": (ONE + 1, risk), "field": (duration, risk + FIELD_MODULUS)}
        given = Submission(
            epoch=max(feed.observer.latest - lag, 0),
            outputs=sent.get(wrong, outputs),
            tag=tag | 2**64 if wrong == "tag" else tag,
            proven=None if wrong == "proof" else outputs,
        )
        self._let_verifier_accept(feed, given)
        call = self.stage.feed.asked(
            "submit", MODEL_ID, feed.observer.asset, given.epoch, given.outputs, given.tag, PROOF
        )
        self.both(call, self.stage.stranger, lambda: feed.submit(given, self.node.now))

    @rule(number=ASSETS, count=st.sampled_from([1, 3, 10]), premium=PREMIUM, outputs=OUTPUTS)
    def observe_and_submit(self, number: int, count: int, premium: int, outputs: tuple[int, int]) -> None:
        for step in range(count):
            self.observe_epochs(number, (1,), 0, premium + step)
            self.submit(number, 0, outputs, outputs[0] + step, "nothing")

    @rule(outputs=OUTPUTS, rate=RATES, stake=st.integers(1, STAKE // 10))
    def live_an_epoch(self, outputs: tuple[int, int], rate: int, stake: int) -> None:
        """Everything moves, is observed and scored."""
        self.rate_changes(0, rate)
        self.deposit(0, stake)
        self.observe_and_submit(0, 1, stake % 80, outputs)

    @rule(part=st.integers(2, 4), permille=st.integers(970, 1030), outputs=OUTPUTS)
    def shrink_for_an_epoch(self, part: int, permille: int, outputs: tuple[int, int]) -> None:
        """Stake leaves, the supply changes, and both are observed and scored."""
        self.withdraw(0, part)
        self.supply_jumps(0, permille)
        self.observe_and_submit(0, 1, -permille % 80, outputs)

    def _let_verifier_accept(self, feed: FeedModel, given: Submission) -> None:
        """The verifier that serves takes the proof for the instances that the model expects, and for no other."""
        try:
            verifier = self.stage.verifiers[self.world.registry.serving(given.epoch) - 1]
            inputs = tuple(feed.observer.window(given.epoch)[0])
        except RefusedError:
            return
        digest = keccak(b"nothing")
        if given.proven is not None and given.tag >> LAYOUT.tag_bits == 0:
            elements = Instances.build(LAYOUT, inputs, given.tag, given.proven).elements
            digest = keccak(encode(["bytes", "uint256[]"], [PROOF, list(elements)]))
        self.node.rpc("anvil_setStorageAt", verifier, "0x0", "0x" + digest.hex())
