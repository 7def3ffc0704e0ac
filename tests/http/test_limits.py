"""Moving windows, and whose line an address is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from doorward.http import MovingWindow, subscriber_of
from tests.support.clock import ManualClock

MINUTE = timedelta(minutes=1)


def test_a_key_happens_so_often_within_any_span() -> None:
    """The window moves with the clock; other keys have their own."""
    clock = ManualClock()
    window = MovingWindow(3, MINUTE, clock=clock)
    assert window.wait_s("a") == 1
    for _ in range(3):
        assert window.hit("a")
        clock.advance(seconds=10)
    assert window.is_full("a")
    assert not window.hit("a")
    assert not window.is_full("b")
    assert window.wait_s("a") == 30
    clock.advance(seconds=29.5)
    assert window.wait_s("a") == 1
    assert not window.hit("a")
    clock.advance(seconds=0.5)
    assert window.hit("a")
    assert not window.hit("a")


def test_the_memory_of_a_window_has_a_bound() -> None:
    """The key that happened longest ago is forgotten first."""
    window = MovingWindow(1, MINUTE, clock=ManualClock(), keys=3)
    for key in ("a", "b", "c", "a", "d"):
        window.hit(key)
    assert [window.is_full(key) for key in "abcd"] == [True, False, True, True]
    assert len(window._happened) == 3


@pytest.mark.parametrize(
    ("address", "subscriber"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a socket", ""),
        (None, ""),
    ],
)
def test_a_subscriber_is_an_address_or_a_network_of_64_bits(
    address: str | None, subscriber: str
) -> None:
    """Whoever has one address of an IPv6 network has them all."""
    assert subscriber_of(address) == subscriber
