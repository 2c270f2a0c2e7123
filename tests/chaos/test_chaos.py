"""The short form of `make chaos`: a minute of it, with a seed whose plan has every sort of attack."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.run import Options, chaos

SEED = 20


async def test_whatever_is_killed_cut_or_wrong_nothing_is_lost_doubled_or_told(tmp_path: Path) -> None:
    report = await chaos(tmp_path, Options(SEED, seconds=60))
    assert report.ok, "\n".join(report.lines())
    assert sum(sum(whom.values()) for whom in report.attacks.values()) >= 20
    assert report.figures["changes at the partners"] == 300
    assert report.figures["events answered 2xx"] >= 300
