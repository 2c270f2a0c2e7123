from __future__ import annotations

import pytest

from runner.authoring.durations import spelled
from runner.components.block import read_duration


@pytest.mark.parametrize("text", ["0s", "500ms", "30s", "90s", "15m", "24h", "100d"])
def test_duration_is_spelled_as_authors_write_it(text: str) -> None:
    assert spelled(read_duration(text)) == text


def test_larger_unit_is_taken() -> None:
    assert [spelled(read_duration(text)) for text in ("300s", "1500ms", "0.5h")] == ["5m", "1500ms", "30m"]
