"""The instruction guard lets pass what it should and nothing else."""

import importlib.machinery
import importlib.util
import json
import pathlib
import sys
import xml.etree.ElementTree as xml

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = {"compiler": "g++ 12.2.0", "libstdc++6": "12.2.0-14"}
UNITS = {"mime": "message", "plan": "event"}


@pytest.fixture
def guard(monkeypatch, tmp_path):
    """The script, with counts of our own; `counts` is what the parts take now."""
    script = str(PROJECT / "bench/parts/instructions")
    loader = importlib.machinery.SourceFileLoader("instructions", script)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("instructions", loader))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setitem(sys.modules, "instructions", module)  # dataclasses look their module up there
    loader.exec_module(module)
    module.counts = {"mime": 1000, "plan": 200}
    module.here = dict(TOOLS)
    monkeypatch.setattr(module, "PROJECT", tmp_path)
    monkeypatch.setattr(module, "ACCEPTED", tmp_path / "instructions.json")
    monkeypatch.setattr(module, "units_of_parts", lambda binary: UNITS)
    monkeypatch.setattr(module, "toolchain", lambda binary: module.here)
    monkeypatch.setattr(module, "count", lambda binary, parts, folder: {part: module.counts[part] for part in parts})

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["instructions", *arguments])
        return module.main()

    module.run_with = run
    assert run("--accept") == 0
    return module


def test_the_accepted_counts_pass(guard):
    assert guard.run_with() == 0


@pytest.mark.parametrize("counted, exit_code", [(1030, 0), (1031, 1), (970, 0), (969, 1)])
def test_three_per_cent_either_way(guard, counted, exit_code, capsys):
    guard.counts["mime"] = counted
    assert guard.run_with() == exit_code
    assert guard.run_with("plan") == 0
    assert ("--accept" in capsys.readouterr().out) == bool(exit_code)


def test_another_toolchain_is_skipped_visibly(guard, capsys, tmp_path):
    guard.here["compiler"] = "g++ 13.1.0"
    guard.counts["mime"] = 2000
    assert guard.run_with("--junit", str(tmp_path / "junit.xml")) == 0
    assert "SKIPPED" in capsys.readouterr().out
    cases = xml.parse(tmp_path / "junit.xml").findall("testcase")
    assert [case.find("skipped") is not None for case in cases] == [True, True]


def test_a_security_update_is_no_other_toolchain(guard):
    guard.here["libstdc++6"] = "12.2.0-14+deb12u1"
    guard.counts["mime"] = 2000
    assert guard.run_with() == 1


def test_every_part_has_a_figure_and_every_figure_a_part(guard, tmp_path):
    accepted = json.loads(guard.ACCEPTED.read_text())
    del accepted["parts"]["mime"]
    guard.ACCEPTED.write_text(json.dumps(accepted))
    assert guard.run_with() == 1
    accepted["parts"] |= {"mime": 1000, "gone": 5}
    guard.ACCEPTED.write_text(json.dumps(accepted))
    assert guard.run_with("--junit", str(tmp_path / "junit.xml")) == 1
    failed = [case.get("name") for case in xml.parse(tmp_path / "junit.xml").findall("testcase") if case.find("failure") is not None]
    assert failed == ["gone"]


def test_accepting_one_part_leaves_the_others(guard):
    guard.counts = {"mime": 2000, "plan": 400}
    assert guard.run_with("--accept", "plan") == 0
    assert json.loads(guard.ACCEPTED.read_text())["parts"] == {"mime": 1000, "plan": 400}
    guard.here["compiler"] = "g++ 13.1.0"
    assert guard.run_with("--accept", "plan") == 2


def test_the_total_of_a_profile(guard):
    assert guard.instructions_of("events: Ir\n\nfn=(0)\n1 2\n\ntotals: 4711\n") == 4711
    with pytest.raises(guard.CannotCount):
        guard.instructions_of("events: Ir\n")
