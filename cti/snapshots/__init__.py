"""Snapshots: a centre as it stands at one place of its journal, so that a restart reads only what came after."""

from cti.snapshots.codec import Kept, NotKept, code_digest, decode, encode
from cti.snapshots.files import Snapshot, Snapshots, Unusable
from cti.snapshots.forked import Forked

__all__ = ["Forked", "Kept", "NotKept", "Snapshot", "Snapshots", "Unusable", "code_digest", "decode", "encode"]
