"""What the tests of the front have in common."""

from collections.abc import Callable

from tests.function_url import Answer

MASTER_KEY = "front-master-key"
ECHO = "/v1/front/Functions/echo"
JSON = {"Content-Type": "application/json"}

Call = Callable[..., Answer]
