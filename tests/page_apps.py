"""Apps made of what a page of the documentation shows: the bookstore, and the files and types on the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from runtime.apps.app import App
from runtime.apps.definition import AppDefinition, AppInfo, FunctionDefinition, TypeDefinition
from runtime.apps.folder import load
from tests.conftest import ROOT
from tests.documents import Document

API = "http://127.0.0.1:8240/v1/bookstore"
BOOKSTORE = ROOT / "examples" / "bookstore"
EMPTY = App(AppDefinition(app=AppInfo(id="bookstore", title="Bookstore")), {})


def app_with(files: Mapping[str, str], base: App = EMPTY, types: Mapping[str, Any] | None = None) -> App:
    """`base` with these files. Functions are for anyone; types are public, unless `types` says more of them."""
    functions = {Path(path).stem: FunctionDefinition() for path in files if path.startswith("functions/")}
    declared = {Path(path).stem: {"policy": "public"} for path in files if path.startswith("types/")} | dict(
        types or {}
    )
    made = {name: TypeDefinition.model_validate(of) for name, of in declared.items()}
    definition = base.definition.model_copy(
        update={
            "functions": {**base.definition.functions, **functions},
            "types": {**made, **base.definition.types},
        }
    )
    return App(definition, {**base.code, **files})


def app_of(page: Document) -> App:
    """The bookstore of a reader who has done everything that the page says."""
    return app_with(page.code_files, load(BOOKSTORE), declared_types(page))


def declared_types(page: Document) -> dict[str, Any]:
    """All types in the parts of a `relive.yaml` that the page shows, each as it stands there first."""
    types: dict[str, Any] = {}
    for block in page.blocks:
        if block.language == "yaml" and block.text.startswith("types:"):
            types = {**yaml.safe_load(block.text)["types"], **types}
    return types
