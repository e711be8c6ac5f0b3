"""SnapStart: what Lambda's runtime calls before it takes a snapshot of this process, and in each copy of it."""

from collections.abc import Callable


def at_snapshots(before: Callable[[], None], after_restore: Callable[[], None]) -> None:
    """Have both called. Does nothing outside of Lambda, where its runtime's module for that does not exist."""
    try:
        from snapshot_restore_py import register_after_restore, register_before_snapshot
    except ImportError:
        return
    register_before_snapshot(before)
    register_after_restore(after_restore)
