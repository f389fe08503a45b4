import pytest

from tests.builders import application
from tests.builders_network import features_of, hit, observation


def test_own_and_external_entries_and_contacts_are_counted_apart() -> None:
    hits = [hit("phone"), hit("device_id"), hit("id_number", "external:shared"), hit("contact_phone", severity="high")]
    features = features_of(application(), observation(hits=hits))
    assert features["blacklist_hits_own"] == 2
    assert features["blacklist_hits_external"] == 1
    assert features["blacklist_contact_hits"] == 1
    assert features["blacklist_severity"] == 2


@pytest.mark.parametrize(("severities", "level"), [([], 0), (["low"], 1), (["high", "low"], 3)])
def test_the_severity_is_the_highest_of_the_applicants_own(severities: list[str], level: float) -> None:
    hits = [hit(severity=severity) for severity in severities]
    assert features_of(application(), observation(hits=hits))["blacklist_severity"] == level


def test_lists_that_could_not_be_asked_say_nothing() -> None:
    features = features_of(application())
    assert {value for name, value in features.items() if name.startswith("blacklist_")} == {None}
