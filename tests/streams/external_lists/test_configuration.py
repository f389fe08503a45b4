"""The file of the list services, and what is said about a slip in it."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from config.errors import SettingsError
from config.settings import Settings
from streams.external_lists.configuration import PERSONAL_KINDS, load_keys, load_services
from streams.external_lists.services import ListServices
from streams.metrics import Metrics
from tests.builders import NOON_MS, moment

BUREAU = '[[services]]\nname = "bureau"\nurl = "https://lists.example/look-up"\n'


def settings(directory: Path, text: str | None, keys: str | None = None) -> Settings:
    path = directory / "lists.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    return Settings(
        _env_file=None,
        list_services=None if text is None else path,
        list_service_keys=None if keys is None else SecretStr(keys),
    )


def test_without_a_file_nobody_is_asked(tmp_path: Path) -> None:
    assert load_services(settings(tmp_path, None)) == ()


def test_a_service_needs_a_name_and_a_url(tmp_path: Path) -> None:
    (service,) = load_services(settings(tmp_path, BUREAU))
    assert (service.list_name, service.deadline_ms, service.kinds) == ("external:bureau", 50.0, PERSONAL_KINDS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[services]]\nname = "a b"\nurl = "https://x/"', "services[0].name"),
        ('[[services]]\nname = "a"\nurl = "ftp://x/"', "url: ftp is not http"),
        ('[[services]]\nname = "a"\nurl = "https://somebody:secret@x/"', "without a user"),
        (BUREAU + "deadline_ms = 0", "deadline_ms"),
        (BUREAU + "deadlin_ms = 5", "deadlin_ms"),
        (BUREAU + 'kinds = ["gps_cell"]', "kinds[0]"),
        (BUREAU + "kinds = []", "kinds"),
        (BUREAU + BUREAU, "more than one service is named bureau"),
        ("services = 3", "services"),
        ("not toml", "lists.toml"),
    ],
)
def test_a_slip_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match="TIDEGATE_LIST_SERVICES") as error:
        load_services(settings(tmp_path, text))
    assert said in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    absent = Settings(_env_file=None, list_services=tmp_path / "absent.toml")
    with pytest.raises(SettingsError, match=r"absent\.toml cannot be read"):
        load_services(absent)


def test_keys_that_cannot_be_read_are_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no JSON object") as error:
        load_keys(settings(tmp_path, BUREAU, "s3cret"))
    assert "s3cret" not in str(error.value)


def test_a_key_of_nobody_is_a_slip(tmp_path: Path) -> None:
    given = settings(tmp_path, BUREAU, '{"bureaux": "k"}')
    with pytest.raises(SettingsError, match="no list service bureaux"):
        ListServices.from_settings(given, Metrics(), lambda: moment(NOON_MS))
