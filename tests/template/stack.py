"""The template with values for its parameters: what AWS would make of it, or why it would refuse."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from tests.conftest import ROOT

Template = dict[str, Any]

SOURCE = ROOT / "template.yaml"
GIVEN = {"AWS::Region": "eu-central-1", "AWS::Partition": "aws", "AWS::StackName": "relive", "AWS::URLSuffix": "amazonaws.com"}  # fmt: skip
REFERENCE = re.compile(r"\$\{([\w:.]+)\}")


class Gone:
    """What stands for `AWS::NoValue`."""


class Stack:
    """A stack of the transformed template; parameters that are not given have their defaults.

    `resources` are those whose conditions hold, with all that parameters decide decided.
    """

    def __init__(self, template: Template, **parameters: str) -> None:
        self._template = template
        declared = template["Parameters"]
        assert set(parameters) <= set(declared), f"no such parameters: {set(parameters) - set(declared)}"
        defaults = {name: str(parameter["Default"]) for name, parameter in declared.items() if "Default" in parameter}
        self.parameters = {**defaults, **parameters}

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        return self._those_that_hold("Resources")

    @cached_property
    def outputs(self) -> dict[str, dict[str, Any]]:
        return self._those_that_hold("Outputs")

    def refusals(self) -> list[str]:
        """What AWS would say of these parameters together before it changes anything."""
        return [
            assertion["AssertDescription"]
            for rule in self._template["Rules"].values()
            if self._holds(rule["RuleCondition"])
            for assertion in rule["Assertions"]
            if not self._holds(assertion["Assert"])
        ]

    def wrong_values(self) -> set[str]:
        """The parameters whose values AWS would not take."""
        return {name for name, declared in self._template["Parameters"].items() if not self._fits(name, declared)}

    def of_type(self, type: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == type
        }

    def lintable(self) -> Template:
        """The stack as a template in which nothing is left to decide."""
        names = ("AWSTemplateFormatVersion", "Description")
        kept = {name: self._template[name] for name in names}
        return {**kept, "Resources": self.resources, "Outputs": self.outputs}

    def _fits(self, name: str, declared: Mapping[str, Any]) -> bool:
        value = self.parameters[name]
        allowed = [str(choice) for choice in declared.get("AllowedValues", [value])]
        return value in allowed and bool(re.fullmatch(declared.get("AllowedPattern", "(?s:.*)"), value))

    def _those_that_hold(self, section: str) -> dict[str, dict[str, Any]]:
        found = {}
        for name, resource in self._template[section].items():
            if "Condition" not in resource or self._holds({"Condition": resource["Condition"]}):
                found[name] = self.resolved({key: value for key, value in resource.items() if key != "Condition"})
        return found

    def _holds(self, condition: Mapping[str, Any]) -> bool:
        ((function, given),) = condition.items()
        match function:
            case "Condition":
                return self._holds(self._template["Conditions"][given])
            case "Fn::Not":
                return not self._holds(given[0])
            case "Fn::And":
                return all(map(self._holds, given))
            case "Fn::Or":
                return any(map(self._holds, given))
            case "Fn::Equals":
                left, right = map(self.resolved, given)
                return str(left) == str(right)
        raise AssertionError(f"{function} is no function of conditions")

    def resolved(self, value: Any) -> Any:
        """The value with everything in its place that the parameters say."""
        if isinstance(value, list):
            return [item for item in map(self.resolved, value) if item is not Gone]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, given),) = value.items()
            if function == "Ref":
                return self._referred(given)
            if function == "Fn::If":
                return self.resolved(given[1] if self._holds({"Condition": given[0]}) else given[2])
            if function == "Fn::FindInMap":
                first, second, third = map(self.resolved, given)
                return self._template["Mappings"][first][str(second)][third]
            if function == "Fn::Sub":
                return self._substituted(given)
        found = {key: self.resolved(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not Gone}

    def _referred(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return Gone
        return {**GIVEN, **self.parameters}.get(name, {"Ref": name})

    def _substituted(self, given: Any) -> Any:
        text, extra = given if isinstance(given, list) else (given, {})
        values = {name: self.resolved(value) for name, value in extra.items()}
        known = {
            **GIVEN,
            **self.parameters,
            **{name: value for name, value in values.items() if isinstance(value, str)},
        }
        rest = {name: value for name, value in values.items() if name not in known}
        text = REFERENCE.sub(lambda found: known.get(found[1], found[0]), text)
        if not REFERENCE.search(text):
            return text
        return {"Fn::Sub": [text, rest] if rest else text}
