"""What each role may do, beside what each did while the tests ran on the embedded AWS.

The embedded AWS enforces roles, and notes what it allowed them. ``python -m gates.permissions
RECORDING`` writes the notes of a whole test session into docs/permissions.md; a test holds the
templates to that page: what is allowed is recorded there, or stands in its table of what the
embedded AWS cannot check. ``--check RECORDING``, which `make permissions` runs after the tests,
holds the page to what they did: what it calls recorded was seen again.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from samtranslator.yaml_helper import yaml_parse

from wearline.core.platform import Platform
from wearline.core.study_file import read_study
from wearline.core.study_stack import releases_of, study_stack

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "permissions.md"
EXAMPLE: Final = ROOT / "examples" / "parkinson-gait" / "study.yaml"
RECORDED: Final = ("<!-- recorded -->", "<!-- end of recorded -->")
HEAD: Final = re.compile(
    r"^arn:(aws|\$\{AWS::Partition\}):(\w+):"
    r"(\$\{AWS::Region\}|[^:$]*):(\$\{AWS::AccountId\}|[^:$]*):"
)
ROW: Final = re.compile(r"^\| ([^|]+) \| (`[^|]+`) \| ([^|]+) \|", re.MULTILINE)
TEMPLATES: Final = ("function-policies", "function-roles", "machine-roles", "compute")
FUNCTIONS: Final = (
    "data-arrived", "metadata-arrived", "wake-waiting", "evaluate-waiting", "prepare-run",
    "record-run", "resolve-study", "sweep-bucket", "finish-sweep",
)  # fmt: skip
ALIASES: Final = {
    "every function": FUNCTIONS,
    "every function but wake-waiting": tuple(each for each in FUNCTIONS if each != "wake-waiting"),
    "every machine": ("processing", "catalog"),
}
STUDY_ROLES: Final = {"TaskRole": "study-task", "AccessRole": "study-access"}


@dataclass(frozen=True, order=True, slots=True)
class Permission:
    """A role, an IAM action, and the resource as its policy names it, without the ARN's head."""

    role: str
    action: str
    resource: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission, and what recorded ARNs it covers."""

    permission: Permission
    pattern: re.Pattern[str]


def grants() -> list[Grant]:
    """Everything that the templates and the stack of a study allow."""
    documents = {name: _document(ROOT / "infra" / f"{name}.yaml") for name in TEMPLATES}
    managed = {
        f"{template}/{name}": resource["Properties"]["PolicyDocument"]
        for template, document in documents.items()
        for name, resource in document["Resources"].items()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
    }
    found = [
        grant
        for template, document in documents.items()
        for name, resource in document["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in _policies(template, resource["Properties"], managed)
        for grant in _of_policy(_slug(name), policy)
    ]
    return found + list(_of_study())


def _document(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml_parse(path.read_text())
    return document


def _of_study() -> Iterator[Grant]:
    study = read_study(EXAMPLE).study
    images = dict.fromkeys(releases_of(study), "image")
    template = study_stack(study, Platform.of("local", _Anything(), images))
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"]["Policies"]:
                role = STUDY_ROLES.get(name, _slug(name))
                yield from _of_policy(role, policy["PolicyDocument"], study.study)


class _Anything(dict[str, str]):
    """Outputs of a platform, whatever they are."""

    def __missing__(self, key: str) -> str:
        return "1" if key == "LogDays" else f"arn:aws:any:us-east-1:000000000000:{key}"


def _policies(
    template: str, properties: Mapping[str, Any], managed: Mapping[str, Any]
) -> Iterator[Any]:
    for policy in properties.get("Policies", []):
        yield policy["PolicyDocument"]
    for attached in properties.get("ManagedPolicyArns", []):
        reference = attached.get("Ref") or attached["Fn::If"][1].get("Ref")
        here, shared = f"{template}/{reference}", f"function-policies/{reference}"
        yield managed[here] if here in managed else managed[shared]


def _of_policy(role: str, policy: Mapping[str, Any], study: str = "") -> Iterator[Grant]:
    for stated in policy["Statement"]:
        statement = stated["Fn::If"][1] if "Fn::If" in stated else stated
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                text = _text(resource)
                shown = _short(text).replace(study, "STUDY") if study else _short(text)
                yield Grant(Permission(role, action, shown), _pattern(text))


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  as templates have it
    return value if isinstance(value, list) else [value]


def _text(resource: Any) -> str:  # noqa: ANN401
    match resource:
        case str():
            return resource
        case {"Fn::Sub": text}:
            return str(text)
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [*names]}:
            return f"${{{'.'.join(names)}}}"
    raise ValueError(f"a resource that this cannot read: {resource}")


def _short(text: str) -> str:
    headless = HEAD.sub(r"\2 ", text)
    return headless.replace("${Environment}", "ENV")


def _pattern(text: str) -> re.Pattern[str]:
    filled = text.replace("${Environment}", "local").replace("${AWS::Partition}", "aws")
    parts = re.split(r"(\$\{[^}]*\}|\*)", filled)
    return re.compile(
        "".join(".*" if part[:1] in ("$", "*") else re.escape(part) for part in parts)
    )


def _slug(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower()


def recorded(lines: Iterable[str], granted: Iterable[Grant]) -> set[Permission]:
    """The permissions that a recording shows in use. The study's names in it do not matter."""
    calls: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for line in lines:
        role, action, arn = json.loads(line)
        calls[_role(role), action].add(arn)
    return {
        grant.permission
        for grant in granted
        for arn in calls.get((grant.permission.role, grant.permission.action), ())
        if grant.pattern.fullmatch(arn) or grant.permission.role.startswith("study-")
    }


def _role(name: str) -> str:
    """CloudFormation cuts off what is too long of the name of a study's role."""
    if not name.startswith("wearline-local-study-"):
        return name.removeprefix("wearline-local-")
    return "study-task" if "-Task" in name else "study-access"


def rows(page: str, *, recorded: bool) -> set[Permission]:
    """The permissions of the page's tables: of what was recorded, or of all others."""
    head, _, rest = page.partition(RECORDED[0])
    inside, _, tail = rest.partition(RECORDED[1])
    return {
        Permission(role, action.strip("` "), resource.strip("` "))
        for roles, actions, resources in ROW.findall(inside if recorded else head + tail)
        for named in roles.split(", ")
        for role in ALIASES.get(named, (named,))
        for action in actions.split(", ")
        for resource in resources.split(", ")
    }


def page_with(page: str, found: Iterable[Permission]) -> str:
    """The page with its table of what was recorded written anew."""
    grouped: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in sorted(found):
        grouped[each.role, each.action].append(f"`{each.resource}`")
    lines = [
        f"| {role} | `{action}` | {', '.join(resources)} |"
        for (role, action), resources in grouped.items()
    ]
    table = "\n".join(["| role | action | resource |", "|---|---|---|", *lines])
    head, _, rest = page.partition(RECORDED[0])
    return f"{head}{RECORDED[0]}\n{table}\n{RECORDED[1]}{rest.partition(RECORDED[1])[2]}"


def unseen(lines: Iterable[str], page: str) -> set[Permission]:
    """What the page says was recorded, and this recording does not show."""
    return rows(page, recorded=True) - recorded(lines, grants())


def check(recording: Path) -> int:
    """Hold the page to a recording of today; exit status 1 where a row of it is not seen."""
    missing = sorted(unseen(recording.read_text().splitlines(), PAGE.read_text()))
    for each in missing:
        print(f"in the page as recorded, and not seen by these tests: {each}")
    return 1 if missing else 0


def main() -> None:
    """Write what a recording shows into the page; name what neither it nor the page explains."""
    if sys.argv[1] == "--check":
        sys.exit(check(Path(sys.argv[2])))
    found = recorded(Path(sys.argv[1]).read_text().splitlines(), granted := grants())
    PAGE.write_text(page_with(PAGE.read_text(), found))
    unexplained = (
        {each.permission for each in granted} - found - rows(PAGE.read_text(), recorded=False)
    )
    for each in sorted(unexplained):
        print(f"allowed, and neither recorded nor in the page: {each}")


if __name__ == "__main__":
    main()
