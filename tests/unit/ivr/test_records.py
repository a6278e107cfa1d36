"""Records are copied with changes."""

from __future__ import annotations

import pytest

from ivr.records import replace
from ivr.session import Session


def test_a_copy_has_the_changes_and_leaves_the_original_alone() -> None:
    session = Session(flow="f", node="a", language="en")
    assert replace(session, node="b") == Session(flow="f", node="b", language="en")
    assert session.node == "a"


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="nodes"):
        replace(Session(flow="f", node="a", language="en"), nodes="b")  # type: ignore[call-arg]
