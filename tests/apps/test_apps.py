"""The apps that are served."""

import sys
import threading
from collections.abc import Iterator

import pytest

from runtime.apps.app import App
from runtime.apps.definition import AppDefinition
from runtime.apps.service import Apps
from runtime.errors import ReliveError


def app(app_id: str, title: str = "Shop") -> App:
    return App(AppDefinition.model_validate({"app": {"id": app_id, "title": title}}), {})


def test_an_app_is_served_once_applied() -> None:
    apps = Apps()
    shop, museum = app("shop"), app("museum")
    apps.apply(shop)
    apps.apply(museum)

    assert apps.get("shop") is shop
    assert apps.all() == [shop, museum]


def test_applying_again_replaces() -> None:
    apps = Apps()
    apps.apply(app("shop"))
    apps.apply(app("museum"))
    apps.apply(app("shop", "New shop"))

    assert apps.get("shop").definition.app.title == "New shop"
    assert [each.id for each in apps.all()] == ["shop", "museum"]


@pytest.mark.parametrize("app_id", ["Shop", "shop ", ""])
def test_unknown(app_id: str) -> None:
    apps = Apps()
    apps.apply(app("shop"))
    with pytest.raises(ReliveError) as raised:
        apps.get(app_id)

    assert (raised.value.code, raised.value.status) == (600, 404)
    assert raised.value.message == f"Not found. There is no app '{app_id}' here."


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns as often as they can, so that a race is lost for sure."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-7)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty_threads")
def test_no_app_is_lost_between_threads() -> None:
    apps = Apps()

    def apply_many(first: int) -> None:
        for number in range(first, first + 200):
            apps.apply(app(f"app-{number}"))
            assert apps.get(f"app-{number}").id == f"app-{number}"

    threads = [threading.Thread(target=apply_many, args=(first,)) for first in range(0, 1600, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(apps.all()) == 1600
