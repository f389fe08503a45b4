"""The house rules that no other tool holds: what files may say, how large they are, that documents and code agree."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from pydantic import SecretStr

import models
from config.settings import Settings
from scripts.cli import COMMANDS

ROOT = Path(__file__).parent.parent
PACKAGES = ("config", "models", "streams", "scripts")
MAX_LINES = 320

_HOSTS = (
    *(
        ("py" + "pi", "org"),
        ("python" + "hosted", "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
    ),
    *(("npmjs", "org"), ("crates", "io"), ("proxy", "golang", "org"), ("anaconda", "org")),
)
REGISTRY_HOSTS = re.compile("|".join(re.escape(".".join(parts)) for parts in _HOSTS))
PRIVATE_PATHS = re.compile(r"(?<![\w./-])/(?:root|work|Users|home)/\w")


@cache
def tracked_files() -> tuple[Path, ...]:
    """What is in git, and still in the work tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


def code_files() -> list[Path]:
    return [
        path
        for path in tracked_files()
        if path.suffix in {".py", ".lua"} and path.relative_to(ROOT).parts[0] in PACKAGES
    ]


def documents() -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".md"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def table_rows(document: str) -> list[list[str]]:
    """The cells of every table row in a Markdown document."""
    lines = (ROOT / document).read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def test_models_is_our_package() -> None:
    assert Path(models.__file__) == ROOT / "models" / "__init__.py"


def test_no_file_names_a_package_registry_or_a_path_of_somebodys_machine() -> None:
    found = [
        f"{name_of(path)}: {match.group()}"
        for path in tracked_files()
        for pattern in (REGISTRY_HOSTS, PRIVATE_PATHS)
        for match in pattern.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize("text", ["https://pypi" + ".org/simple", "see /home" + "/somebody/notes", "(/root" + "/x)"])
def test_such_names_would_be_found(text: str) -> None:
    assert REGISTRY_HOSTS.search(text) or PRIVATE_PATHS.search(text)


def test_every_module_says_what_it_is_for() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in code_files() if path.suffix == ".py"}
    without = [name_of(path) for path, source in sources.items() if source and not ast.get_docstring(ast.parse(source))]
    assert without == []


def test_no_file_of_code_is_two_files() -> None:
    long = {name_of(path): lines for path in code_files() if (lines := len(path.read_bytes().splitlines())) > MAX_LINES}
    assert long == {}


def test_the_make_targets_that_documents_name_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        target
        for path in documents()
        for target in re.findall(r"(?:^|`)(?:\w+=\S+ )*make ([a-z]+)\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"demo", "test", "check"} <= named <= targets


def test_every_make_target_explains_itself() -> None:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    phony = next(line for line in lines if line.startswith(".PHONY:")).split()[1:]
    assert sorted(phony) == sorted(line.split(":")[0] for line in lines if re.match(r"[a-z]+:.*## ", line))


def test_relative_links_in_documents_lead_somewhere() -> None:
    broken = [
        f"{name_of(path)}: {target}"
        for path in documents()
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert broken == []


def settings_rows() -> list[list[str]]:
    """Variable, default and meaning of each setting, as the operations page has them."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        if name == "pii_key":
            default = None  # a demo's alone
        if isinstance(default, bool):
            default = str(default).lower()
        rows.append([f"`TIDEGATE_{name.upper()}`", "" if default is None else f"`{default}`", field.description or ""])
    return rows


def test_the_operations_page_lists_exactly_the_settings_there_are() -> None:
    assert [row for row in table_rows("docs/operations.md") if row[0].startswith("`TIDEGATE_")] == settings_rows()


def test_the_readme_lists_exactly_the_commands_there_are() -> None:
    listed = [row[0].strip("`").split()[1] for row in table_rows("README.md") if row[0].startswith("`tidegate ")]
    assert listed == list(COMMANDS)


def test_the_run_lock_pins_nothing_that_the_lock_does_not() -> None:
    pins = re.compile(r"^[a-z0-9.-]+==\S+|--hash=\S+", re.MULTILINE)
    everything, run = ((ROOT / name).read_text() for name in ("requirements.lock", "requirements-run.lock"))
    assert set(pins.findall(run)) < set(pins.findall(everything))
