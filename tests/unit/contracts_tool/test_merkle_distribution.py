"""OpenZeppelin's StandardMerkleTree, without its library: their published example, and any tree's proofs."""

import pytest
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from statements.errors import ConfigurationError
from veristake.contracts_tool.merkle_distribution import merkle_distribution, standard_leaf, standard_tree

MANAGER = "0x" + "cc" * 20
FIRST, SECOND = "0x" + "11" * 20, "0x" + "22" * 20


def user(number):
    return "0x" + number.to_bytes(20, "big").hex()


def climbed(leaf, proof):
    """What a verifier makes of a leaf and its siblings."""
    for sibling in proof:
        leaf = keccak(b"".join(sorted((leaf, sibling))))
    return leaf


def test_standard_tree_of_the_published_example_has_its_root():
    """README of OpenZeppelin/merkle-tree: two addresses with 5 and 2.5 tokens."""
    values = [(FIRST, 5 * 10**18), (SECOND, 25 * 10**17)]
    tree, _ = standard_tree([standard_leaf(("address", "uint256"), value) for value in values])
    assert tree[0].hex() == "d4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77"


@given(st.dictionaries(st.integers(1, 2**160 - 1), st.integers(1, 2**256 - 1), min_size=1, max_size=40))
def test_merkle_distribution_every_proof_leads_to_the_root_and_no_other_amount_does(amounts):
    made = merkle_distribution(1, MANAGER, 7, {user(number): amount for number, amount in amounts.items()})
    assert made.total == sum(amounts.values())
    types = ("uint256", "address", "uint256", "address", "uint256")
    for (holder, proof), amount in zip(made.proofs.items(), amounts.values(), strict=True):
        assert climbed(standard_leaf(types, (1, MANAGER, 7, holder, amount)), proof) == made.root
        for other in ((2, MANAGER, 7, holder, amount), (1, MANAGER, 8, holder, amount)):
            assert climbed(standard_leaf(types, other), proof) != made.root


def test_merkle_distribution_order_does_not_matter():
    one = merkle_distribution(1, MANAGER, 1, {FIRST: 1, SECOND: 2})
    assert merkle_distribution(1, MANAGER, 1, {SECOND: 2, FIRST: 1}).root == one.root


@pytest.mark.parametrize(
    ("amounts", "message"),
    [
        ({}, "nobody"),
        ({"0x" + "ab" * 20: 1, "0x" + "AB" * 20: 2}, "twice"),
        ({FIRST: 1, MANAGER.upper().replace("0X", "0x"): 1}, "the ClaimManager itself"),
        ({FIRST: 0}, "gets 0"),
        ({FIRST: 1 << 256}, "gets 1157"),
    ],
)
def test_merkle_distribution_what_cannot_be_claimed_is_refused(amounts, message):
    with pytest.raises(ConfigurationError, match=message):
        merkle_distribution(1, MANAGER, 1, amounts)
