"""Users of one group share a store; others are told what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from container import GROUP, Container, Member, StoreError


def test_two_users_of_a_group_share_a_store(programs: Path, volume: Path, place: Path) -> None:
    one, other = (Container(f"pod-{user}", volume, place / str(user), user=user) for user in (1001, 1002))
    with Member(programs, one) as first, Member(programs, other) as second:
        assert (first.user, second.user) == (1001, 1002)
        # The first process of each.
        assert (first.pid, first.thread) == (second.pid, second.thread) == (1, 1)
        first.ask("open", place / "1001/store", 2770)
        second.ask("open", place / "1002/store", 2770)
        first.ask("put", "from-1001", 200_000, 11, 0)
        second.ask("put", "from-1002", 200_000, 12, 0)
        for member in (first, second):
            assert [member.ask("tag", f"from-{user}") for user in (1001, 1002)] == ["11", "12"]
    about = (volume / "store").stat()
    assert (about.st_uid, about.st_gid, about.st_mode & 0o7777) == (1001, GROUP, 0o2770)
    files = {file.name: (file.stat().st_gid, file.stat().st_mode & 0o777) for file in (volume / "store").iterdir()}
    assert files
    assert set(files.values()) == {(GROUP, 0o660)}, files


@pytest.mark.parametrize(
    ("mode", "user", "group", "told"),
    [
        (2770, 1003, 2001, "for uid 1003; "),
        ("0700", 1002, GROUP, "a store shared with a group needs lmdb_mode = "),
    ],
    ids=["not of the group", "not configured"],
)
def test_others_are_told_why_not(
    programs: Path, volume: Path, place: Path, mode: object, user: int, group: int, told: str
) -> None:
    with Member(programs, Container("owner", volume, place / "owner", user=1001)) as owner:
        owner.ask("open", place / "owner/store", 2770)
        with Member(programs, Container("other", volume, place / "other", user=user, group=group)) as other:
            with pytest.raises(StoreError, match="DY_LMDB_PERMISSION") as refused:
                other.ask("open", place / "other/store", mode)
            assert told in str(refused.value)


def test_the_root_of_an_empty_dir_is_refused_with_what_to_do(programs: Path, place: Path) -> None:
    """Kubernetes makes it for everybody to write to."""
    empty_dir = place / "empty-dir"
    empty_dir.mkdir()
    empty_dir.chmod(0o777)
    pod = Container("pod", empty_dir, place / "exchange", user=1001)
    with Member(programs, pod) as member:
        with pytest.raises(StoreError, match="DY_LMDB_PERMISSION") as refused:
            member.ask("open", place / "exchange", 2770)
        assert f"{place}/exchange (uid 0, mode 0777) can be written by everybody" in str(refused.value)
        assert "name a subdirectory of it" in str(refused.value)
        assert os.listdir(empty_dir) == []
        # What it says.
        member.ask("open", place / "exchange/store", 2770)
        member.ask("put", "k", 96, 1, 0)
    assert (empty_dir / "store").stat().st_mode & 0o7777 == 0o2770
