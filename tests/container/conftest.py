"""The engine, and `sam local` on it: started once, and skipped with the reason where that cannot be."""

from collections.abc import Iterator

import pytest

from tests.container.engine import Engine, EngineUnavailable, engine
from tests.container.image import IMAGE, VARIABLES, ImageUnavailable, base_image
from tests.container.sam_local import SamLocal
from tests.container.stack import Stack, make_stack


@pytest.fixture(scope="session")
def running_engine() -> Iterator[Engine]:
    try:
        image = base_image()
        with engine() as running:
            running.import_image(image, IMAGE, VARIABLES)
            yield running
    except (EngineUnavailable, ImageUnavailable) as why:
        pytest.skip(str(why))


@pytest.fixture(scope="session")
def sam_local(running_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> SamLocal:
    return SamLocal(running_engine, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def stack(sam_local: SamLocal, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    # Asked for last, so that nothing is built where it cannot be run.
    return make_stack(request.getfixturevalue("built"), tmp_path_factory.mktemp("stack"))
