"""Keeps the documentation true: what it shows is run, what it lists is complete, where it leads is there."""

import io
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from typer.testing import CliRunner

from runtime.application import Application
from runtime.apps.folder import AppFolderError, load
from runtime.cli.main import app as command_line
from runtime.cloudcode.logs.terminal import TerminalLog
from runtime.errors import CATALOGUE
from runtime.settings import Settings, environment_names
from tests.conftest import MASTER_KEY, ROOT
from tests.curl import Curl, is_as_shown
from tests.documents import Block, Document, Example
from tests.page_apps import API, app_with

WRITTEN_FOR_READERS = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/*.md", "examples/*/README.md"]
DOCUMENTS = [Document.read(path) for pattern in WRITTEN_FOR_READERS for path in sorted(ROOT.glob(pattern))]
README = Document.read(ROOT / "README.md")
GUIDE, SETTINGS, ERRORS, APP_FOLDER, DEPLOY = (
    Document.read(ROOT / "docs" / f"{name}.md")
    for name in ("cloud-code-python", "settings", "errors", "app-folder", "deploy")
)
TEMPLATE = Document.read(ROOT / "template.yaml")
RULES = [Document.read(ROOT / name) for name in ("Makefile", "deploy.mk")]

VARIABLES = {"API": API, "KEY": MASTER_KEY}
SECRETS = {"bookstore": {"SHIPPING_KEY": "k-2f9c61d07be4"}}


def name_of(document: Document) -> str:
    return str(document.path.relative_to(ROOT))


def the_lines(value: object) -> str:
    return str(value.line) if isinstance(value, Block | Example) else ""


# The settings and the codes


def test_the_settings_are_all_there_with_their_defaults() -> None:
    listed = {row[0].strip("`"): row[1] for row in SETTINGS.rows if row[0].startswith("`RELIVE_")}
    assert listed == {name: _written(default) for name, default in _defaults().items()}
    assert list(listed) == list(_defaults())


@pytest.mark.parametrize("document", [*DOCUMENTS, TEMPLATE, *RULES], ids=name_of)
def test_no_other_setting_is_mentioned(document: Document) -> None:
    assert set(re.findall(r"\bRELIVE_[A-Z_]*[A-Z]", document.text)) <= set(environment_names())


def _defaults() -> dict[str, object]:
    fields = Settings.model_fields.values()
    return dict(
        zip(environment_names(), (field.get_default(call_default_factory=True) for field in fields), strict=True)
    )


def _written(default: object) -> str:
    if default == "":
        return "empty"
    if isinstance(default, Path) and default.is_relative_to(ROOT):
        default = default.relative_to(ROOT)
    return f"`{json.dumps(default) if isinstance(default, bool | dict) else default}`"


def test_the_codes_are_all_there_with_status_and_message() -> None:
    listed = {int(row[0]): (int(row[1]), row[2]) for row in ERRORS.rows if row[0].isdecimal()}
    assert listed == {entry.code: (entry.status, entry.message) for entry in CATALOGUE.values()}


def test_the_codes_in_the_readme_have_the_right_status() -> None:
    listed = {int(row[0]): int(row[1]) for row in README.rows if row[0].isdecimal()}
    assert {901, 902, 910, 951, 955, 960} <= set(listed)
    assert listed == {code: CATALOGUE[code].status for code in listed}


def test_the_parameters_of_the_deployment_are_all_there() -> None:
    section = re.search(r"^Parameters:\n(.*?)^\w", TEMPLATE.text, re.MULTILINE | re.DOTALL)
    assert section
    listed = [row[0].strip("`") for row in DEPLOY.rows if len(row) == 3 and row[0].startswith("`")]
    assert listed == re.findall(r"^  (\w+):", section[1], re.MULTILINE)


# Links


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document: Document) -> None:
    assert [link for link in document.links if not _resolves(document, link)] == []


def _resolves(document: Document, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.path.parent / path).resolve() if path else document.path
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in Document.read(target).anchors


# The guide: its files are one app, and every command is answered by it as shown


class PublicApi(BaseHTTPRequestHandler):
    """The API that the guide calls at https://api.example.com."""

    PRICES = {"north": 9.90, "south": 10.50, "west": 8.75}

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        book = parse_qs(url.query).get("book", [""])[0]
        if url.path.endswith("/price"):
            self._answer(200, {"price": self.PRICES[url.path.split("/")[1]]})
        elif url.path == "/stock" and book == "the-salt-road":
            self._answer(200, {"copies": 7})
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(201, {})

    def log_message(self, *arguments: object) -> None:
        pass

    def _answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def public_api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), PublicApi)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def terminal() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(scope="module")
def application(
    guests: Path, public_api: str, terminal: io.StringIO, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    settings = Settings(
        data=tmp_path_factory.mktemp("data"),
        guests=guests,
        secrets=SECRETS,
        http_stand_ins={"https://api.example.com": public_api},
    )
    application = Application(settings, MASTER_KEY, [TerminalLog(terminal)])
    yield application
    application.close()


@pytest.fixture
def guide(application: Application) -> Application:
    application.apps.apply(app_with(GUIDE.code_files))
    return application


def test_code_compiles(application: Application) -> None:
    assert application.check(app_with(GUIDE.code_files)) == []


@pytest.mark.parametrize("example", GUIDE.examples(VARIABLES), ids=the_lines)
def test_the_guide_shows_the_answer(guide: Application, example: Example) -> None:
    curl = Curl.parse(example.words)
    assert curl.differences(example.shown, curl.send(guide)) == []


def test_every_function_of_the_guide_is_called() -> None:
    called = {urlsplit(Curl.parse(example.words).url).path.split("/")[-1] for example in GUIDE.examples(VARIABLES)}
    assert called == set(app_with(GUIDE.code_files).definition.functions)


def test_the_guide_shows_the_log(guide: Application, terminal: io.StringIO) -> None:
    (shown,) = (block.text for block in GUIDE.blocks if block.language == "log")
    terminal.truncate(terminal.seek(0))
    Curl.parse(["curl", f"{API}/Functions/notes"]).send(guide)
    assert _without_what_varies(terminal.getvalue()) == _without_what_varies(shown)


def _without_what_varies(log: str) -> str:
    return re.sub(r"\d\d:\d\d:\d\d|\d+ ms|request \S+", "...", log)


# relive.yaml


def app_folder_examples() -> list[tuple[Block, str]]:
    """Every relive.yaml of the page, with the problems that a text block right behind it lists."""
    blocks = APP_FOLDER.blocks
    followed = zip(blocks, [*blocks[1:], Block("", "", 0)], strict=True)
    return [
        (block, following.text * (following.language == "text"))
        for block, following in followed
        if block.language == "yaml"
    ]


@pytest.mark.parametrize(("block", "problems"), app_folder_examples(), ids=the_lines)
def test_relive_yaml(block: Block, problems: str, tmp_path: Path) -> None:
    (tmp_path / "relive.yaml").write_text(block.text)
    (tmp_path / "functions").mkdir()
    for name in yaml.safe_load(block.text).get("functions", {}):
        (tmp_path / "functions" / f"{name}.py").touch()
    if not problems:
        assert load(tmp_path).id == "bookstore"
        return
    with pytest.raises(AppFolderError) as raised:
        load(tmp_path)
    assert str(raised.value) == problems.strip()


# Commands


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_commands_exist(document: Document) -> None:
    targets = {target for rules in RULES for target in re.findall(r"^([a-z-]+):", rules.text, re.MULTILINE)}
    for words in document.commands():
        words = [word for word in words if not re.match(r"[A-Z_]+=", word)]  # variables, before and behind
        match [Path(word).name if number == 0 else word for number, word in enumerate(words)]:
            case ["make", *rest]:
                assert set(rest) <= targets, f"{document.path.name}: {words}"
            case ["relive", *rest]:
                # With --help the command is looked up and its options are read, and nothing is done.
                result = CliRunner().invoke(command_line, [*rest, "--help"])
                assert result.exit_code == 0, f"{document.path.name}: {words}: {result.output}"


ANYTHING = [
    ("a ... c", "a b\n c", True),
    ("a ... c", "a b", False),
    ('{"a": "... c"}', '{"a":"b c"}', True),
    ('{"a": [...], "b": {...}}', '{"a":[1],"b":{}}', True),
    ('{"a": [...]}', '{"a":{}}', False),
    ('{"a": [...]}', '{"a":[1],"b":2}', False),
]


@pytest.mark.parametrize(("shown", "actual", "same"), ANYTHING)
def test_what_stands_for_anything(shown: str, actual: str, same: bool) -> None:
    assert is_as_shown(shown, actual) == same
