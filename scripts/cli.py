"""`tidegate`: the command line. A command is a line in COMMANDS and a file of its own, imported when it runs."""

from __future__ import annotations

import importlib
import logging
import sys
from importlib.metadata import version
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from config.errors import OperatorError
from config.settings import Settings

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("scripts.demo:demo", "Everything on this machine: Kafka, Valkey, a worker, simulated traffic."),
    "up": ("scripts.up:up", "The embedded Kafka and Valkey alone, until Ctrl-C."),
    "topics": ("scripts.topics:topics", "Make the topics, or check them."),
    "worker": ("scripts.worker:worker", "One worker; run more of them to scale."),
    "simulate": ("scripts.simulate:simulate", "Publish simulated applications, with known fraud patterns."),
    "models": ("scripts.models:models", "Which fraud models there are, which one decides, and to change that."),
    "rings": ("scripts.rings:rings", "One ring as it stands: figures, members, a picture."),
    "backtest": ("scripts.backtest.command:backtest", "A table of the past through the core, and what it was worth."),
    "blacklist": ("scripts.blacklist.command:blacklist", "Load, export, check and remove list entries."),
    "redrive": ("scripts.redrive:redrive", "Send dead letters back to their topics."),
    "recall": ("scripts.recall:recall", "What is connected with a fraud: report it, and back to review."),
    "rebuild": ("scripts.rebuild:rebuild", "What Valkey held again, from Kafka, while workers go on."),
    "chaos": ("scripts.chaos.command:chaos", "Disturb real workers and audit what became of every event."),
    "bench": ("scripts.bench.command:bench", "Measure decisions a second and latency."),
    "docs": ("scripts.docs:docs", "Write the generated pages and schemas under docs/."),
}
"""Name -> where it is (a function, or a typer app with commands of its own), and its line in `tidegate --help`."""


app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


def _register(name: str, where: str, line: str) -> None:
    """A command that hands all of its words to the real one. So `--help` imports none of them, and is quick."""

    def run(context: typer.Context) -> None:
        module, _, attribute = where.partition(":")
        target = getattr(importlib.import_module(module), attribute)
        if not isinstance(target, typer.Typer):
            function, target = target, typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            target.command()(function)
        target(context.args, prog_name=f"tidegate {name}")

    forward = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(name, help=line, context_settings=forward, add_help_option=False)(run)


for _name, (_where, _line) in COMMANDS.items():
    _register(_name, _where, _line)


@app.callback()
def tidegate(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=lambda asked: _show_version() if asked else None)
    ] = False,
) -> None:
    """Real-time fraud detection for consumer lenders, on Kafka, Faust and Valkey.

    Settings come from TIDEGATE_* variables and a .env file.
    """


def _show_version() -> None:
    print(f"tidegate {version('tidegate')}")
    raise typer.Exit


def main() -> None:
    """Run the command line. What the operator can put right ends in one red message and exit code 2 (usage, settings)
    or 1; anything else is a fault of ours and ends in a traceback.
    """
    # What aiokafka says of a broker that it cannot reach, our own errors say once. A worker sets up its logs itself.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        app(prog_name="tidegate")
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        _fail(settings_message(error), 2)
    except OperatorError as error:
        _fail(str(error), error.exit_code)


def settings_message(error: ValidationError) -> str:
    """What is wrong with the settings, a line a variable, without the values: they may be secret."""
    lines = []
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        message = each["msg"].removeprefix("Value error, ")
        variable = "_".join(["TIDEGATE", *(str(part) for part in each["loc"])]).upper()
        lines.append(f"{variable}: {message}" if each["loc"] else message)
    return "\n".join(lines)


def _fail(message: str, exit_code: int) -> None:
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"tidegate: {message}", style="red", markup=False)
    sys.exit(exit_code)
