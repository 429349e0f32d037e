#!/usr/bin/env python3
"""Checks that the code keeps the layers that its CMake files declare.

    check_layering.py [project directory]

- An include of another module is declared in the DEPENDS of vestnik_module (for tests also of vestnik_test).
- A declared dependency stands earlier in VESTNIK_MODULES. Parts of one module (`email`, `email/smtp`) may use each
  other in one direction; of a seam (SEAMS), only its implementations use it, and they don't know each other.
- A third-party header appears only in the modules that own it (OWNERS).
- Every .cc belongs to a target, and no file is longer than LINES_MAX.

Prints one line per violation, `file:line: what`, and exits 1 if there are any.
"""

import dataclasses
import pathlib
import re
import sys

LINES_MAX = 500
SEAMS = ("log", "store")

# Header pattern → modules (and their sub-modules) that may include it.
OWNERS = {
    r"boost/asio\b": ("net", "email", "sms", "app"),
    r"boost/beast\b": ("net",),
    r"(librdkafka/)?rdkafka": ("log/kafka",),
    r"sqlite3\.h$": ("sqlite",),
    r"lz4": ("log/sqlite",),
    r"(postgresql/)?libpq": ("store/postgres",),
    r"gmime/": ("email",),
    r"phonenumbers/": ("users",),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
KEYWORDS = {"SOURCES", "DEPENDS", "LIBRARIES", "PCH", "MODULE", "CONTRACT"}


@dataclasses.dataclass
class Module:
    path: str
    depends: list[str]
    test_depends: list[str] = dataclasses.field(default_factory=list)
    declared_in: str = ""


def calls(text: str, function: str):
    """Each call `function(first KEY value … KEY value …)` as (first argument, {KEY: [value …]})."""
    text = re.sub(r"#[^\n]*", "", text)
    for match in re.finditer(rf"\b{function}\s*\(([^)]*)\)", text):
        words = match.group(1).split()
        arguments, key = {}, None
        for word in words[1:]:
            if word in KEYWORDS:
                key = word
                arguments.setdefault(key, [])
            elif key:
                arguments[key].append(word)
        yield words[0], arguments


def module_order(project: pathlib.Path) -> list[str]:
    text = (project / "CMakeLists.txt").read_text()
    return re.search(r"set\(VESTNIK_MODULES\s+([^)]*)\)", text).group(1).split()


def read_declarations(project: pathlib.Path) -> tuple[dict[str, Module], set[pathlib.Path]]:
    """The modules by path, and every source file that some target names."""
    modules: dict[str, Module] = {}
    sources: set[pathlib.Path] = set()
    for cmake in sorted((project / "src").rglob("CMakeLists.txt")):
        text = cmake.read_text()
        name = str(cmake.relative_to(project))
        for path, arguments in calls(text, "vestnik_module"):
            modules[path] = Module(path, arguments.get("DEPENDS", []), declared_in=name)
        for function in ("vestnik_module", "vestnik_test", "vestnik_fuzz", "add_executable", "add_library"):
            for _, arguments in calls(text, function):
                sources.update((cmake.parent / s).resolve() for s in arguments.get("SOURCES", []))
        # add_executable and target_sources list files without a keyword.
        sources.update((cmake.parent / s).resolve() for s in re.findall(r"[\w/.-]+\.cc\b", text))
        for path, arguments in calls(text, "vestnik_test"):
            if path in modules:
                modules[path].test_depends += arguments.get("DEPENDS", [])
    return modules, sources


def module_of(path: str, modules: dict[str, Module]) -> str | None:
    """The module that owns `log/kafka/client.h`: the longest declared path it lies under."""
    parts = path.split("/")[:-1]
    while parts:
        if "/".join(parts) in modules:
            return "/".join(parts)
        parts.pop()
    return None


def may_depend(user: str, used: str, order: list[str]) -> bool:
    top_user, top_used = user.split("/")[0], used.split("/")[0]
    if top_user not in order or top_used not in order:
        return False
    if top_user == top_used:
        return top_user not in SEAMS or used == top_used
    return order.index(top_used) < order.index(top_user)


def find_cycle(modules: dict[str, Module]) -> list[str] | None:
    """A chain of declared dependencies that ends where it began."""
    done: set[str] = set()

    def visit(path: str, chain: list[str]) -> list[str] | None:
        if path in chain:
            return chain[chain.index(path):] + [path]
        if path in done or path not in modules:
            return None
        for used in modules[path].depends:
            cycle = visit(used, chain + [path])
            if cycle:
                return cycle
        done.add(path)
        return None

    for path in modules:
        cycle = visit(path, [])
        if cycle:
            return cycle
    return None


def owned_by(module: str, owners: tuple[str, ...]) -> bool:
    return any(module == owner or module.startswith(owner + "/") for owner in owners)


def is_test(path: pathlib.Path) -> bool:
    return path.stem.endswith("_test") or path.stem.startswith(("test_", "fuzz_")) or path.stem.endswith("_fuzz")


def check_declarations(modules: dict[str, Module], order: list[str]) -> list[str]:
    violations = []
    for module in modules.values():
        if module.path.split("/")[0] not in order:
            violations.append(f"{module.declared_in}:1: module {module.path} is not in VESTNIK_MODULES")
        for used in module.depends + module.test_depends:
            if used == module.path:
                continue
            if used not in modules:
                violations.append(f"{module.declared_in}:1: {module.path} depends on {used}, which is no module")
            elif not may_depend(module.path, used, order):
                violations.append(f"{module.declared_in}:1: {module.path} may not depend on {used}: it does not stand earlier")
    cycle = find_cycle(modules)
    if cycle:
        violations.append(f"{modules[cycle[0]].declared_in}:1: {' depends on '.join(cycle)}")
    return violations


def check_file(file: pathlib.Path, project: pathlib.Path, modules: dict[str, Module]) -> list[str]:
    name = file.relative_to(project)
    inside = str(file.relative_to(project / "src"))
    owner = module_of(inside, modules)
    if owner is None:
        return [f"{name}:1: belongs to no module"]
    module = modules[owner]
    declared = {owner, *module.depends}
    if is_test(file):
        declared.update(module.test_depends)
    lines = file.read_text(errors="replace").splitlines()
    violations = []
    if len(lines) > LINES_MAX:
        violations.append(f"{name}:{len(lines)}: {len(lines)} lines; {LINES_MAX} is the most, 400 the aim")
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, header = match.group(1) == '"', match.group(2)
        for pattern, owners in OWNERS.items():
            if re.match(pattern, header) and not owned_by(owner, owners):
                violations.append(f"{name}:{number}: <{header}> belongs to {', '.join(owners)}, not to {owner}")
        if not quoted:
            continue
        used = module_of(header, modules)
        if used is None:
            if not (file.parent / header).exists():
                violations.append(f'{name}:{number}: "{header}" belongs to no module; write "module/file.h"')
        elif used not in declared:
            violations.append(f'{name}:{number}: "{header}": {owner} does not declare that it depends on {used}')
    return violations


def check(project: pathlib.Path) -> list[str]:
    order = module_order(project)
    modules, sources = read_declarations(project)
    violations = check_declarations(modules, order)
    for file in sorted((project / "src").rglob("*")):
        if file.suffix not in (".h", ".cc"):
            continue
        violations += check_file(file, project, modules)
        if file.suffix == ".cc" and file.resolve() not in sources:
            violations.append(f"{file.relative_to(project)}:1: no target in a CMakeLists.txt names this file")
    return violations


def main() -> int:
    project = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
    violations = check(project)
    for violation in violations:
        print(violation)
    if violations:
        print(f"layering: {len(violations)} violations", file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
