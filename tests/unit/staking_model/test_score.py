import pytest
from hypothesis import given
from hypothesis import strategies as st

from staking_model.score import MAX_DURATION, Score, ScoreError, decode_outputs
from statements.instances import InstanceLayout

LAYOUT = InstanceLayout(
    input_count=32, tag_limbs=8, tag_limb_bits=16, output_count=2, input_scale_bits=11, output_scale_bits=11
)


def test_decode_outputs_half_and_quarter_gives_seconds_and_probability() -> None:
    assert decode_outputs((1024, 512), LAYOUT, MAX_DURATION) == Score(MAX_DURATION // 2, 0.25)


@given(st.integers(0, 2048), st.integers(0, 2048), st.integers(1, (1 << 40) - 1))
def test_decode_outputs_in_range_rounds_duration_down(duration: int, risk: int, maximum: int) -> None:
    score = decode_outputs((duration, risk), LAYOUT, maximum)
    assert score.staking_duration_seconds * 2048 <= duration * maximum < (score.staking_duration_seconds + 1) * 2048
    assert 0 <= score.exit_risk <= 1


@pytest.mark.parametrize("outputs", [(2049, 0), (0, 2049), (-1, 0), (0, -1)])
def test_decode_outputs_out_of_range_raises(outputs: tuple[int, int]) -> None:
    with pytest.raises(ScoreError, match=r"outside \[0, 2048\]"):
        decode_outputs(outputs, LAYOUT, MAX_DURATION)


def test_decode_outputs_three_outputs_raises() -> None:
    with pytest.raises(ScoreError, match="3 outputs"):
        decode_outputs((0, 0, 0), LAYOUT, MAX_DURATION)
