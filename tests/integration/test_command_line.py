"""What the command line tells of itself: completions, the manual page, the documentation, `make install`."""

import os
import pty
import re
import select
import subprocess

from vestnik import BINARY, PROJECT, environment, run

DEADLINE_S = 20


# --- completion ---


def completed(*words: str) -> list[str]:
    """What bash offers for the last word, with our script sourced."""
    script = 'source <("$1" completion bash); shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _vestnik; printf "%s\\n" "${COMPREPLY[@]}"'
    result = subprocess.run(["bash", "--norc", "-c", script, "bash", BINARY, *words], capture_output=True, text=True, timeout=20)
    assert result.returncode == 0 and not result.stderr, result
    return result.stdout.split()


def test_bash_completes_what_there_is(tmp_path):
    commands = completed("vestnik", "")
    assert {"serve", "send", "status", "stats", "deliveries", "audit", "completion", "man"} <= set(commands)
    assert completed("vestnik", "st") == ["status", "stats"]
    assert completed("vestnik", "deliveries", "re") == ["retry", "resolve"]
    assert completed("vestnik", "serve", "email") == ["email-service"]
    assert completed("vestnik", "deliveries", "list", "--cha") == ["--channel"]
    assert "--json" in completed("vestnik", "deliveries", "list", "--state", "dead", "-")
    assert completed("vestnik", "deliveries", "resolve", "x", "--as", "") == ["sent", "resend", "discarded"]
    assert completed("vestnik", "deliveries", "resolve", "--as", "=", "re") == ["resend"]
    assert completed("vestnik", "completion", "z") == ["zsh"]
    (tmp_path / "vestnik.yaml").touch()
    assert completed("vestnik", "serve", "--config", f"{tmp_path}/v") == [f"{tmp_path}/vestnik.yaml"]
    assert completed("vestnik", "send", "--email", "") == []


def test_tab_completes_in_a_real_bash():
    terminal, side = pty.openpty()
    shell = subprocess.Popen(["bash", "--norc", "--noprofile", "-i"], env=environment(TERM="dumb", PS1="> "), stdin=side, stdout=side,
                             stderr=side, start_new_session=True)
    os.close(side)
    seen = b""

    def type_and_wait(text: bytes, expected: bytes) -> None:
        nonlocal seen
        seen = b""
        os.write(terminal, text)
        while expected not in seen:
            assert select.select([terminal], [], [], DEADLINE_S)[0], seen
            seen += os.read(terminal, 4096)

    try:
        type_and_wait(f"source <({BINARY} completion bash); echo rea''dy\n".encode(), b"ready")
        type_and_wait(b"vestnik deliv\t", b"vestnik deliveries ")
        type_and_wait(b"resol\t", b"resolve ")
        type_and_wait(b"--a\t", b"--a")
    finally:
        shell.kill()
        shell.wait()
        os.close(terminal)


# --- the manual ---


def test_the_manual_page_is_well_formed_and_whole():
    page = run("man").stdout
    formatted = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-b", "-P-c", "-rLL=100n"], input=page, capture_output=True, text=True, timeout=20)
    assert formatted.returncode == 0 and not formatted.stderr, formatted.stderr
    text = re.sub(r".\x08", "", formatted.stdout)
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES"):
        assert re.search(rf"^{section}$", text, re.M), section
    for command in ("serve", "send", "status", "stats", "deliveries resolve", "audit"):
        assert re.search(rf"^ +vestnik {command}\b", text, re.M), command


def test_the_documentation_of_commands_is_the_programs_own():
    assert (PROJECT / "docs/commands.md").read_text() == run("man", "--docs").stdout, "vestnik man --docs > docs/commands.md"


def test_every_command_explains_itself():
    chapters = re.findall(r"^## vestnik (.+)$", (PROJECT / "docs/commands.md").read_text(), re.M)
    assert len(chapters) > 10
    for command in chapters:
        result = run(*command.split(), "--help")
        assert result.returncode == 0 and "Usage: vestnik" in result.stdout, command


def test_installed_where_man_and_shells_look(tmp_path):
    variables = {"DESTDIR": str(tmp_path), "PREFIX": "/usr", "VESTNIK_BINARY": str(BINARY)}
    subprocess.run([PROJECT / "deploy/install"], env=os.environ | variables, check=True, capture_output=True, timeout=20)
    share = tmp_path / "usr/share"
    assert subprocess.run([tmp_path / "usr/bin/vestnik", "version"], capture_output=True, timeout=20).returncode == 0
    for file in ("bash-completion/completions/vestnik", "zsh/site-functions/_vestnik", "fish/vendor_completions.d/vestnik.fish"):
        assert "vestnik" in (share / file).read_text()
    shown = subprocess.run(["man", "-M", share / "man", "vestnik"], env=os.environ | {"MANPAGER": "cat"}, capture_output=True, text=True, timeout=20)
    assert shown.returncode == 0 and "vestnik deliveries list" in re.sub(r".\x08", "", shown.stdout), shown
