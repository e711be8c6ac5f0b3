"""The app that is served while faults happen: notes with hooks around them, and functions that call each other."""

from collections.abc import Mapping
from pathlib import Path

APP = "notes"

DEFINITION = """\
app: {id: notes, title: Notes}
types:
  Note:
    policy: public
    fields:
      Writer: {type: text}
      Number: {type: number}
functions:
  double: {}
  quadruple: {}
  count: {}
"""

FILES = {
    "relive.yaml": DEFINITION,
    "functions/double.py": """\
def on_request(request, response):
    return {"n": request.data["n"], "double": 2 * request.data["n"]}
""",
    "functions/quadruple.py": """\
from cloud import functions

def on_request(request, response):
    double = functions.call("double", {"n": request.data["n"]})["double"]
    return {"n": request.data["n"], "quadruple": functions.call("double", {"n": double})["double"]}
""",
    "functions/count.py": """\
from cloud import data

def on_request(request, response):
    return data("Note").count({"Writer": request.data["writer"]})
""",
    "types/Note.py": """\
def before_create(request, context):
    request.data["Slug"] = f"{request.data['Writer']}-{request.data['Number']}"

def after_read(request, response, context):
    if isinstance(response.result, dict) and "Number" in response.result:
        response.result["Seen"] = True
""",
}


def write_app(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    """Write the app's files into a folder, which is made."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder
