"""A reader that is killed again and again while the chain grows and is reorganised under it."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from staking_model.features import FeatureParameters
from staking_model.observations.chain import ChainPlace, ChainSource
from tests.integration.observer_chain import START_EPOCH, SUPPLY, WEI, ObservedHome, observed_home

ROUNDS = 40
READER = """
import sys, time
from pathlib import Path
from staking_model.observations.chain import ChainPlace, ChainSource
from statements.errors import ChainError
url, chain_id, observer, state = sys.argv[1:]
with ChainSource(ChainPlace((url,), int(chain_id), observer, 0, 0, Path(state))) as source:
    print("reading", flush=True)
    while True:
        source._logs.blocks = 1
        try:
            source.sync()
        except ChainError:
            # the chain is shorter for a moment than what has been read
            time.sleep(0.05)
"""


def place_of(home: ObservedHome, state: Path) -> ChainPlace:
    return ChainPlace((home.chain.url,), home.chain.chain_id, home.observer.address, 0, 0, state)


def read_whole(home: ObservedHome, state: Path) -> object:
    with ChainSource(place_of(home, state)) as source:
        source.sync()
        return source.history(home.token.address)


def test_sync_killed_at_random_moments_of_a_reorganised_chain_ends_with_what_the_chain_holds(tmp_path: Path) -> None:
    chance = random.Random(1)
    state = tmp_path / "state.sqlite"
    reorganised = 0
    with observed_home(tmp_path / "home", FeatureParameters()) as home:
        arguments = [home.chain.url, str(home.chain.chain_id), home.observer.address, str(state)]
        epoch = START_EPOCH
        home.observe(epoch, rate=WEI, price=WEI)
        for number in range(ROUNDS):
            reader = subprocess.Popen([sys.executable, "-c", READER, *arguments], stdout=subprocess.PIPE)
            assert reader.stdout is not None
            assert reader.stdout.readline() == b"reading\n"
            snapshot = home.chain.call("evm_snapshot")
            fork_from = epoch
            for _ in range(chance.randrange(1, 5)):
                epoch += 1
                home.observe(epoch, rate=WEI, price=WEI - chance.randrange(10**16))
                home.send(home.deposit, "deposit", home.token.address, SUPPLY // 10**6 * (1 + number))
            if chance.random() < 0.5:
                blocks = home.chain.block_number
                assert home.chain.call("evm_revert", snapshot)
                epoch, reorganised = fork_from, reorganised + 1
                while home.chain.block_number <= blocks:
                    epoch += 1
                    home.observe(epoch, rate=WEI, price=WEI - chance.randrange(10**16))
                    home.send(home.deposit, "deposit", home.token.address, 1 + number)
            time.sleep(chance.uniform(0, 0.3))
            os.kill(reader.pid, signal.SIGKILL)
            assert reader.wait() == -signal.SIGKILL
        assert reorganised > ROUNDS // 5
        assert read_whole(home, state) == read_whole(home, tmp_path / "fresh.sqlite")
