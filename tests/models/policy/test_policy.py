"""Loading a policy: what is checked, and that an error names file, rule and key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.policy.policy import DEFAULT_POLICY, PolicyError, load_policy, load_policy_file

TEXT = DEFAULT_POLICY.read_text(encoding="utf-8")
RULES_START = TEXT.index("[[rules]]")


def changed(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1, old
    return TEXT.replace(old, new, 1)


def with_rule(rule: str) -> str:
    return f"{TEXT[:RULES_START]}[[rules]]\n{rule}\n{TEXT[RULES_START:]}"


def test_the_default_policy_loads() -> None:
    policy = load_policy_file()
    assert policy.name == "default"
    assert re.fullmatch(r"1\.2-[0-9a-f]{8}", policy.version)


def test_the_version_changes_with_what_the_policy_says_and_not_with_comments() -> None:
    version = load_policy(TEXT, "p").version
    assert load_policy(f"# another comment\n{TEXT}", "q").version == version
    assert load_policy(changed("age_minimum = 18", "age_minimum = 19"), "p").version != version
    assert load_policy(changed('version = "1.2"', 'version = "2.0"'), "p").version.startswith("2.0-")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name =\nversion = 1", r"p\.toml: not TOML: .*line 1"),
        (
            changed("review_at = 0.30", "review_at = 0.95"),
            r"p\.toml: decision: review_at 0\.95 is above reject_at 0\.9",
        ),
        (changed("reject_at = 0.90", "reject_at = 1.01"), r"p\.toml: decision\.reject_at: .*<= 1"),
        (changed("review_at = 0.30", "review_at = nan"), r"p\.toml: decision\.review_at: a number must be finite"),
        (changed("review_at = 0.30", "review_from = 0.3"), r"p\.toml: decision: .*unknown field `review_from`"),
        (changed("[degraded]\napprove = false", ""), r"missing required field `degraded`"),
        (
            changed('honest = ["confirmed_legitimate", "repaid"]', 'honest = ["confirmed_fraud", "repaid"]'),
            r"labels: confirmed_fraud is named both as fraud and as honest",
        ),
        (
            changed('fraud = ["confirmed_fraud"]', 'fraud = ["confirmed_fraud", "first_payment_default", "overdue"]'),
            r"labels: first_payment_default, overdue is a credit loss",
        ),
        (
            changed("maturity_days = { repaid = 30 }", "maturity_days = { disbursed = 30 }"),
            r"labels: maturity_days: disbursed is not named as honest",
        ),
        (
            changed("keep_days = 180", "keep_days = 30"),
            r"labels: keep_days 30 is not above the longest maturity, 30 days",
        ),
        (changed("share = 0.01", "share = 0.21"), r"control\.share: .* <= 0\.2"),
        (
            changed('never = ["BLACKLIST_HIT"', 'never = ["BLACKLIST_HITS"'),
            r"control\.never: unknown .* 'BLACKLIST_HIT'",
        ),
        (changed('fraud = ["confirmed_fraud"]', 'fraud = ["late"]'), r"labels\.fraud\[0\]: .*'late'"),
        (changed("family_size = 3", "family_size = 3\nspare = 1"), r"parameters\.spare: nothing uses it"),
        (changed("family_size = 3", "family_size = 3\nnight = 1"), r"parameters\.night: a feature has this name"),
        (changed("family_size = 3", 'family_size = 3\n"A b" = 1'), r"parameters\.A b: a name is made of"),
        (
            with_rule('code = "DEVICE_NEW"\nwhen = "night == 1"\nefect = "note"'),
            r"p\.toml: rule DEVICE_NEW \(rules\[0\]\): .*`efect`",
        ),
        (
            with_rule('code = "DEVICE_NEW"\nwhen = "night == 1"\neffect = "refuse"'),
            r"p\.toml: rule DEVICE_NEW \(rules\[0\]\)\.effect: .*'refuse'",
        ),
        (
            with_rule('code = "DEVICE_NEWS"\nwhen = "night == 1"\neffect = "note"'),
            r"rule DEVICE_NEWS \(number 1\), code: unknown reason code; did you mean 'DEVICE_NEW'\?",
        ),
        (
            with_rule('code = "DEVICE_VPN"\nwhen = "1 == device_vpm"\neffect = "note"'),
            r"rule DEVICE_VPN \(number 1\), when, column 6: unknown name 'device_vpm'; did you mean 'device_vpn'\?",
        ),
        (
            with_rule('code = "DEVICE_NEW"\nwhen = "night == 1"\neffect = "note"'),
            r"rule DEVICE_NEW \(number 1\), detail: the reason's text speaks of age_h",
        ),
        (
            with_rule('code = "DEVICE_NEW"\nwhen = "night == 1"\neffect = "note"\ndetail = { age_h = "7d" }'),
            r"rule DEVICE_NEW \(number 1\), detail\.age_h, column 1: not an expression",
        ),
        (
            with_rule('code = "DEVICE_NEW"\nwhen = "night == 1"\neffect = "note"\ndetail = { age_h = true }'),
            r"rule DEVICE_NEW \(rules\[0\]\)\.detail",
        ),
        (
            changed('name = "night", edges', 'name = "nigt", edges'),
            r"scorecard\.features: unknown feature 'nigt'; did you",
        ),
        (
            changed('"night", edges = [1]', '"night", edges = [1, 1]'),
            r"scorecard\.features\[\d+\]: night: the edges must rise",
        ),
        (changed('"night", edges = [1]', '"night", edges = [1, 2]'), r"night: 2 edges make 3 bins; points has 2"),
        (changed('"night", edges = [1]', '"night", edges = []'), r"night: needs at least one edge"),
        (
            changed('name = "night", edges', 'name = "device_vpn", edges'),
            r"scorecard: features: device_vpn stands there twice",
        ),
        (
            changed('name = "address_tier"', 'name = "address_tear"'),
            r"scores\.other\.features: unknown feature 'address_tear'",
        ),
        (changed("sizes = [3, 5,", "sizes = [5, 3,"), r"alerts\.ring: the sizes must rise"),
        (
            changed('unless = "merchant_burst_ratio < 10"', 'unless = "merchant_burst < 10"'),
            r"alerts\.velocity\[6\] \(merchant_id\), unless, column 1: unknown name 'merchant_burst'",
        ),
        (
            changed("by_fraud_score = { edges = [0.05, 0.3]", "by_fraud_score = { edges = [0.3, 0.05]"),
            r"edges must rise",
        ),
        (changed("by_fraud_score = { edges = [0.05, 0.3]", "by_fraud_score = { edges = [0.3]"), r"1 edges make 2 bins"),
    ],
)
def test_a_slip_is_refused_with_file_rule_and_key(text: str, problem: str) -> None:
    with pytest.raises(PolicyError) as error:
        load_policy(text, "p.toml")
    assert re.search(problem, str(error.value)), str(error.value)


def test_all_problems_are_told_at_once() -> None:
    text = changed("id_invalid == 1", "id_invalit == 1").replace("contact_is_self == 1", "contact_is_selv == 1", 1)
    with pytest.raises(PolicyError) as error:
        load_policy(text, "p.toml")
    assert len(error.value.problems) == 2
    assert all(problem.startswith("p.toml: rule ") for problem in error.value.problems)


def test_equal_thresholds_are_allowed() -> None:
    assert load_policy(changed("review_at = 0.30", "review_at = 0.90"), "p")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"absent\.toml: cannot be read"):
        load_policy_file(tmp_path / "absent.toml")
    garbled = tmp_path / "garbled.toml"
    garbled.write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match=r"garbled\.toml: cannot be read"):
        load_policy_file(garbled)
