"""What a function sees of a request, and who may call it."""

from collections.abc import Callable

import pytest

from runtime.application import Application
from tests.cloudcode.calling import MASTER, Serve, app_of, call
from tests.function_url import DOMAIN

MakeApplication = Callable[..., Application]
D = "def on_request(request, response):\n"
F = "from cloud import functions\n" + D


class TestRequest:
    """What a function sees of a request. The body's forms are in the tests of the front."""

    SEEN = D + (
        "    return [request.action, request.data, request.query_string, request.headers.get('X-Test'),\n"
        "        request.principal.type, request.principal.roles, request.custom_parameters, request.api_url]"
    )

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
    def test_all_of_it(self, serve: Serve, method: str) -> None:
        application = serve(app_of({"functions/f.py": self.SEEN}))
        headers = {"x-test": "yes", "x-everlive-custom-parameters": '{"a": 1}'}
        data = None if method == "GET" else {"b": [2]}
        answer = call(application, "f", data, method=method, query="c=3&d=a%20b", headers=headers)
        expected = [
            method,
            data,
            {"c": "3", "d": "a b"},
            "yes",
            "anonymous",
            ["Anonymous"],
            {"a": 1},
            f"https://{DOMAIN}/v1/app",
        ]
        assert answer.json == expected

    def test_the_master_key(self, serve: Serve) -> None:
        application = serve(
            app_of({"functions/f.py": D + "    return [request.principal.type, 'authorization' in request.headers]"})
        )
        assert call(application, "f", headers=MASTER).json == ["masterKey", False]

    @pytest.mark.parametrize("name", ["f", "F"])
    def test_the_case_of_a_name_does_not_matter(self, serve: Serve, name: str) -> None:
        assert call(serve(app_of({"functions/f.py": D + "    return request.function"})), name).json == "f"

    def test_an_unknown_function(self, serve: Serve) -> None:
        assert call(serve(app_of({"functions/f.py": D})), "g").error == (404, 600)


class TestPermission:
    ROWS = {
        "no rule: anyone": (None, {}, 200),
        "the role of strangers": (["Anonymous"], {}, 200),
        "another role": (["Registered"], {}, 603),
        "nobody": ([], {}, 603),
        "nobody, but the master key": ([], MASTER, 200),
    }

    @pytest.mark.parametrize(("execute", "headers", "expected"), ROWS.values(), ids=ROWS)
    def test_execute(self, serve: Serve, execute: list[str] | None, headers: dict[str, str], expected: int) -> None:
        application = serve(app_of({"functions/f.py": D + "    return 1"}, f={"execute": execute}))
        answer = call(application, "f", headers=headers)
        assert (answer.status if answer.status == 200 else answer.json["errorCode"]) == expected
        if expected == 603:
            assert answer.json["message"] == "Access Denied. EXECUTE access on function 'f' denied for anonymous user."
