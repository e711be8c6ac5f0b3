"""Describes modules as their stubs have them, and as they are in the guest, in the same words.

For each name: what it is, its signature or its annotation, and its docstring.
"""

import ast
from typing import Any

Description = dict[str, Any]

AT_RUN_TIME = """
import annotationlib, importlib, inspect, types

STRING = annotationlib.Format.STRING

def on_request(request):
    return {name: describe_module(importlib.import_module(name)) for name in request.data}

def describe_module(module):
    names = [name for name in vars(module) if not name.startswith("_")]
    if hasattr(module, "__all__"):
        names = list(module.__all__)
    else:
        names = [name for name in names if getattr(vars(module)[name], "__module__", None) == module.__name__]
    return {"doc": module.__doc__, **{name: describe(vars(module)[name]) for name in names}}

def describe(thing):
    if isinstance(thing, types.ModuleType):
        return "module"
    if isinstance(thing, type):
        return describe_class(thing)
    if callable(thing):
        return describe_function(thing)
    return type(thing).__name__

def describe_function(function):
    parameters = inspect.signature(function, annotation_format=STRING)
    return {"doc": inspect.getdoc(function) if function.__doc__ else None, "signature": str_of(parameters)}

def str_of(signature):
    parts = []
    for parameter in signature.parameters.values():
        default = None if parameter.default is parameter.empty else repr(parameter.default)
        annotation = "" if parameter.annotation is parameter.empty else parameter.annotation
        parts.append([parameter.name, parameter.kind.name, annotation, default])
    return [parts, "" if signature.return_annotation is signature.empty else signature.return_annotation]

def describe_class(cls):
    told = {"doc": inspect.cleandoc(cls.__doc__ or "")}
    told["bases"] = [getattr(base, "__name__", str(base)) for base in getattr(cls, "__orig_bases__", cls.__bases__)]
    annotations = annotationlib.get_annotations(cls, format=STRING)
    told |= {name: annotation for name, annotation in annotations.items() if not name.startswith("_")}
    for name, member in vars(cls).items():
        if isinstance(member, property):
            told[name] = {"get": describe_function(member.fget)}
            if member.fset is not None:
                told[name]["set"] = describe_function(member.fset)
        elif inspect.isfunction(member) and (not name.startswith("_") or name.startswith("__")):
            told[name] = describe_function(member)
    return told
"""


def describe_module(tree: ast.Module) -> Description:
    told: Description = {"doc": ast.get_docstring(tree)}
    for node in tree.body:
        match node:
            case ast.ImportFrom(module=origin, names=names):  # what is handed on is imported `as` itself
                handed_on: Any = "module" if origin == "cloud" else {"from": origin}
                told |= {name.name: handed_on for name in names if name.asname}
            case ast.ClassDef(name=name):
                told[name] = describe_class(node)
            case ast.FunctionDef(name=name):
                told[name] = describe_function(node)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                told[name] = ast.unparse(annotation)
    return told


def describe_class(node: ast.ClassDef) -> Description:
    bases = [ast.unparse(base).partition("[")[0] for base in node.bases] or ["object"]
    told: Description = {"doc": ast.get_docstring(node) or "", "bases": bases}
    for member in node.body:
        match member:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                told[name] = ast.unparse(annotation)
            case ast.FunctionDef(name=name, decorator_list=[ast.Name(id="property")]):
                told[name] = {"get": describe_function(member)}
            case ast.FunctionDef(name=name, decorator_list=[ast.Attribute(attr="setter")]):
                told[name]["set"] = describe_function(member)
            case ast.FunctionDef(name=name):
                # Of overloads the last is the general one, and the first has the docstring.
                doc = told[name]["doc"] if name in told else None
                told[name] = describe_function(member)
                told[name]["doc"] = told[name]["doc"] or doc
    return told


def describe_function(node: ast.FunctionDef) -> Description:
    arguments = node.args
    kinds = [
        *((argument, "POSITIONAL_ONLY") for argument in arguments.posonlyargs),
        *((argument, "POSITIONAL_OR_KEYWORD") for argument in arguments.args),
        *((argument, "VAR_POSITIONAL") for argument in [arguments.vararg] if argument),
        *((argument, "KEYWORD_ONLY") for argument in arguments.kwonlyargs),
        *((argument, "VAR_KEYWORD") for argument in [arguments.kwarg] if argument),
    ]
    by_position = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip(reversed([one.arg for one in by_position]), reversed(arguments.defaults), strict=False))
    defaults |= {
        one.arg: default for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default
    }
    parameters = [
        [
            argument.arg,
            kind,
            ast.unparse(argument.annotation) if argument.annotation else "",
            ast.unparse(defaults[argument.arg]) if argument.arg in defaults else None,
        ]
        for argument, kind in kinds
    ]
    return {
        "doc": ast.get_docstring(node),
        "signature": [parameters, ast.unparse(node.returns) if node.returns else ""],
    }
