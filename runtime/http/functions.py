"""ANY /v1/{app}/Functions/{name}: run a cloud function."""

from runtime.apps.service import Apps
from runtime.cloudcode.function import FunctionRequest
from runtime.cloudcode.functions import Functions
from runtime.http.answer import Answer, raw_answer
from runtime.http.authentication import Authentication
from runtime.http.body import read_body
from runtime.http.content_policy import with_sandbox
from runtime.http.parameters import Parameters
from runtime.http.router import Exchange, Router

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")


class FunctionsResource:
    def __init__(
        self, apps: Apps, functions: Functions, authentication: Authentication, *, domain_per_app: bool
    ) -> None:
        self._apps = apps
        self._functions = functions
        self._authentication = authentication
        self._domain_per_app = domain_per_app

    def add_to(self, router: Router) -> None:
        router.add("/v1/<app_id>/functions/<name>", METHODS, self.execute)

    def execute(self, exchange: Exchange, app_id: str, name: str) -> Answer:
        """Run the function with what the request brings. HEAD runs as GET; its answer loses its body on the way out.

        Raises ReliveError, the first that applies: 600 unknown app, 301 and 604 the credential, 614 the custom
        parameters, 601, 610 and 615 the body, and then those of Functions.execute.
        """
        request = exchange.request
        app = self._apps.get(app_id)
        answer = self._functions.execute(
            app,
            name,
            FunctionRequest(
                action="GET" if request.method == "HEAD" else request.method,
                principal=self._authentication.principal(request),
                custom_parameters=Parameters(request).custom_parameters,
                data=read_body(request),
                query_string=request.query_for_user_code,
                headers=request.headers_for_user_code,
                api_url=request.api_url(app.id),
            ),
            exchange.budget,
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return raw_answer(answer.status, headers if self._domain_per_app else with_sandbox(headers), answer.body)
