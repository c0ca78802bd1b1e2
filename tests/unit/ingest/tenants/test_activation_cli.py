"""The operator's commands as they are typed: keys, a code of them, and what is in a code."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from softphone_common.runtime.program import main

PRIVATE = "SOFTPHONE_ACTIVATION_PRIVATE_KEY"
PUBLIC = "SOFTPHONE_ACTIVATION_PUBLIC_KEY"
Typed = Callable[..., tuple[int, str, str]]
WANTED = ("issue", "--tenant", "acme", "--seats", "25", "--expires", "2099-12-31")


def typed(*words: str, **env: str) -> tuple[int, str, str]:
    """Exit code, output and complaints of `softphone ingest activation ...`."""
    done = subprocess.run(
        [Path(sys.executable).with_name("softphone"), "ingest", "activation", *words],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], **env},
    )
    return done.returncode, done.stdout, done.stderr


def pair(run: Typed) -> dict[str, str]:
    """A new private and public key, as variables."""
    code, output, _ = run("keys")
    assert code == 0
    variables = dict(line.split("=", 1) for line in output.splitlines())
    assert list(variables) == [PRIVATE, PUBLIC]
    return variables


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Like `typed`, but runs in this process."""

    def run(*words: str, **env: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["softphone", "ingest", "activation", *words])
            for name, value in env.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as end:
                main()
        assert isinstance(end.value.code, int)
        return end.value.code, *capsys.readouterr()

    return run


def test_from_new_keys_to_a_code_that_holds(tmp_path: Path, here: Typed) -> None:
    keys = pair(typed)
    file = tmp_path / "key"
    file.write_text(f"{keys[PRIVATE]}\n")
    public = {PUBLIC: keys[PUBLIC]}
    # a process takes seconds, since it imports all services: the second way runs in this one
    for run, env in ((typed, {PRIVATE: keys[PRIVATE]}), (here, {f"{PRIVATE}_FILE": str(file)})):
        status, code, complaints = run(*WANTED, **env)
        assert (status, len(code.splitlines()), complaints) == (0, 1, "")
        status, shown, _ = here("show", code.strip(), **public)
        assert status == 0
        facts = dict(line.split(":", 1) for line in shown.splitlines())
        assert {name: facts[name].strip() for name in ("tenant", "seats", "expires", "holds")} == {
            "tenant": "acme",
            "seats": "25",
            "expires": "2099-12-31 23:59:59 UTC",
            "holds": "yes",
        }


def test_a_code_of_other_keys_is_shown_and_does_not_hold(here: Typed) -> None:
    keys, others = pair(here), pair(here)
    _, code, _ = here(*WANTED, **{PRIVATE: keys[PRIVATE]})
    status, shown, _ = here("show", code.strip(), **{PUBLIC: others[PUBLIC]})
    assert status == 1
    assert "acme" in shown
    assert "not signed by a key this installation knows" in shown
    status, _, complaints = here("show", "what")
    assert (status, complaints) == (1, "The code is not an activation code\n")


def test_what_is_wrong_is_said_with_exit_code_2(here: Typed) -> None:
    key = {PRIVATE: pair(here)[PRIVATE]}
    code = here(*WANTED, **key)[1].strip()
    over = (*WANTED[:-1], "2020-02-29")
    for words, env, why in (
        ((), key, "COMMAND"),
        (("issue", "--tenant", "acme"), key, "--seats"),
        (WANTED, {}, f"{PRIVATE} or {PRIVATE}_FILE is not set"),
        (WANTED, {PRIVATE: "short"}, f"{PRIVATE} is not a key"),
        (WANTED, {f"{PRIVATE}_FILE": "/nowhere"}, "/nowhere"),
        (over, key, "2020-02-29 is over"),
        ((*WANTED[:-1], "31.12.2099"), key, "is not a date such as 2027-12-31"),
        ((*WANTED[:4], "0", *WANTED[5:]), key, "`seats`"),
        ((*WANTED[:2], "Acme", *WANTED[3:]), key, "`tenant`"),
        (("show", code), {}, f"{PUBLIC} or {PUBLIC}_FILE is not set"),
        (("show", code), {PUBLIC: "short"}, f"{PUBLIC} is not a key"),
    ):
        status, _, complaints = here(*words, **env)
        assert (status, why in complaints) == (2, True), (words, complaints)


def test_help_names_the_commands_and_what_they_want(here: Typed) -> None:
    for words, words_ in (
        ((), ("keys", "issue", "show")),
        (("issue",), ("--tenant", "--seats", "--expires", PRIVATE)),
        (("show",), ("CODE", PUBLIC)),
    ):
        status, output, _ = here(*words, "--help")
        assert status == 0
        assert all(word in output for word in words_)
