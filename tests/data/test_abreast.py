"""Reads wait for each other, but never for long."""

import threading
import time

import pytest

from runtime.data import abreast
from runtime.data.abreast import Abreast


def go(places: Abreast, number: int, seconds: float) -> int:
    """Have so many hold a place for so long, all at the same time; tells how many did at most at once."""
    at_once = most = 0
    lock = threading.Lock()

    def hold() -> None:
        nonlocal at_once, most
        with places.place():
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(seconds)
            with lock:
                at_once -= 1

    threads = [threading.Thread(target=hold) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return most


def test_few_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abreast, "PATIENCE_SECONDS", 20)
    assert go(Abreast(2), 8, 0.02) == 2


def test_who_has_waited_goes_on_past_the_others() -> None:
    assert go(Abreast(2), 8, 1) > 2


def test_a_place_is_given_back_whatever_happens() -> None:
    places = Abreast(1)
    for _ in range(3):
        with pytest.raises(ValueError), places.place():
            raise ValueError
    assert go(places, 1, 0) == 1
    with pytest.raises(ValueError):
        places._places.release()  # it was given back once each time, and not more often
