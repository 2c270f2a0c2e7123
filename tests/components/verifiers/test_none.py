from __future__ import annotations

import pytest
from pydantic import ValidationError

from runner.components.verifiers.none import Unproved


@pytest.mark.parametrize("because", ["", "   ", "because", "no way"])
def test_a_reason_is_needed(because: str) -> None:
    with pytest.raises(ValidationError, match="no reason"):
        Unproved(type="none", because=because)


def test_with_a_reason_it_claims_nothing() -> None:
    verifier = Unproved(type="none", because="Events are only a hint to fetch the thing again")
    assert verifier.secret_name is None
    assert not verifier.covers_body
    assert verifier.proof_headers({}) == ()
