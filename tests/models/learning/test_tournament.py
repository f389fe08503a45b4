"""Champion and challengers on one stream: who wins, by what, and never twice at once."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from itertools import chain, count

import msgspec
import pytest

from models.learning.drift import Drift
from models.learning.protocol import Example
from models.learning.tournament import LARGEST_WEIGHT, SCORECARD, Happening, Promotion, Standing, Tournament
from models.policy.document import PromotionRules
from tests.builders_learning import START, TableModel, example, stream

RULES = PromotionRules(window_frauds=200, cool_down_examples=1_000)


def tournament(
    *features: str, rules: PromotionRules = RULES, champion: str = SCORECARD, scorecard: TableModel | None = None
) -> Tournament:
    models = {name: TableModel(name) for name in features}
    return Tournament(models, rules, champion=champion, scorecard=scorecard, seed=7)


def learn(contest: Tournament, examples: Iterable[Example]) -> list[Happening]:
    return [happening for each in examples for happening in contest.learn(each)]


def promotions(happenings: Iterable[Happening]) -> list[Promotion]:
    return [each for each in happenings if isinstance(each, Promotion)]


def standing(contest: Tournament, name: str) -> Standing:
    return next(each for each in contest.standings() if each.name == name)


def test_the_scorecard_is_champion_until_a_challenger_beats_it() -> None:
    contest = tournament("good", "useless")
    assert contest.champion == SCORECARD
    [promotion] = promotions(learn(contest, stream(8_000, good=0.7, useless=0.01, scorecard=0.2)))
    assert (promotion.champion, promotion.previous, promotion.by) == ("good", SCORECARD, "evidence")
    assert contest.champion == "good"
    evidence = promotion.evidence
    assert evidence is not None and evidence.better
    assert (evidence.champion, evidence.challenger) == (SCORECARD, "good")
    assert evidence.frauds >= RULES.minimum_frauds
    assert evidence.caught_by_challenger_alone > evidence.caught_by_champion_alone
    assert evidence.average_precision.gain >= RULES.minimum_gain and evidence.lower_bound > 0
    assert json.loads(msgspec.json.encode(promotion))["evidence"]["average_precision"]["gain"] > 0


def test_no_challenger_beats_a_champion_that_is_as_good() -> None:
    contest = tournament("good", "same", champion="good")
    happenings = learn(contest, stream(10_000, good=0.5, same=0.5, scorecard=0.5))
    assert promotions(happenings) == []
    assert contest.champion == "good"


def test_the_best_of_several_better_ones_wins() -> None:
    contest = tournament("fair", "best", "good")
    [first, *_] = promotions(learn(contest, stream(8_000, fair=0.5, best=0.9, good=0.6, scorecard=0.0)))
    assert first.champion == "best"


def test_there_are_at_least_so_many_frauds_before_a_promotion_at_equality() -> None:
    rules = msgspec.structs.replace(RULES, minimum_frauds=60)
    contest = tournament("good", rules=rules)
    [promotion] = promotions(learn(contest, stream(8_000, share=0.3, good=0.95, scorecard=0.0)))
    assert promotion.evidence is not None
    assert promotion.evidence.frauds == promotion.frauds == 60


def test_nothing_is_promoted_without_evidence_where_only_commands_may() -> None:
    contest = tournament("good", rules=msgspec.structs.replace(RULES, automatic=False))
    assert promotions(learn(contest, stream(4_000, good=0.9, scorecard=0.0))) == []
    promotion = contest.promote("good", START)
    assert promotion is not None and contest.champion == "good"
    assert (promotion.by, promotion.at) == ("command", START)
    assert promotion.evidence is not None and promotion.evidence.better


def test_a_command_leads_back_and_it_stays_so_for_the_cool_down() -> None:
    contest = tournament("good")
    examples = stream(20_000, good=0.9, scorecard=0.0)
    assert promotions(learn(contest, (next(examples) for _ in range(4_000))))
    back = contest.promote(SCORECARD, START)
    assert back is not None and (back.champion, back.previous) == (SCORECARD, "good")
    assert learn(contest, (next(examples) for _ in range(RULES.cool_down_examples - 1))) == []
    assert contest.champion == SCORECARD
    assert [each.champion for each in promotions(learn(contest, examples))] == ["good"]


def test_the_cool_down_ends_with_its_last_example() -> None:
    contest = tournament("good", rules=msgspec.structs.replace(RULES, cool_down_examples=50))
    learn(contest, stream(2_000, share=0.5, good=0.95, scorecard=0.0))
    assert contest.champion == "good"
    contest.promote(SCORECARD, START)
    frauds = (each for each in stream(1_000, first=2_000, share=0.5, good=0.95, scorecard=0.0) if each.fraud)
    assert [bool(promotions(contest.learn(next(frauds)))) for _ in range(50)] == [False] * 49 + [True]


def test_rules_that_could_never_promote_are_refused() -> None:
    assert PromotionRules(minimum_frauds=200, window_frauds=200).minimum_frauds == 200
    with pytest.raises(ValueError, match="minimum_frauds 201 is above window_frauds 200"):
        PromotionRules(minimum_frauds=201, window_frauds=200)


def test_to_promote_the_champion_changes_nothing() -> None:
    contest = tournament("good", champion="good")
    assert contest.promote("good", START) is None


def test_names_that_are_taken_or_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match="no model may be called scorecard"):
        tournament(SCORECARD)
    with pytest.raises(ValueError, match="no model other; there are scorecard, good"):
        tournament("good", champion="other")
    with pytest.raises(ValueError, match="no model other"):
        tournament("good").promote("other", START)
    with pytest.raises(ValueError, match="no model other"):
        tournament("good").evidence("other")


def test_each_example_is_scored_before_it_is_learned() -> None:
    contest = tournament("x")
    contest.learn(example(1, {"x": 1.0}, fraud=True))
    contest.learn(example(2, {"x": 1.0}, fraud=True))
    found = standing(contest, "x").quality
    said = [0.01, 1.01 / 2]
    assert found.brier == pytest.approx(sum((1 - each) ** 2 for each in said) / 2)


def test_all_frauds_are_scored_and_of_the_honest_so_many_as_stand_for_all_of_them() -> None:
    contest = tournament("x", rules=PromotionRules(automatic=False))
    examples = list(stream(30_000, share=0.005, x=0.5))
    learn(contest, examples[:10_000])
    frauds = sum(each.fraud for each in examples[:10_000])
    found = contest.evidence("x")
    assert found is not None
    assert found.frauds == frauds
    assert found.honest_weight == pytest.approx(10_000 - frauds, rel=0.15)
    before = found.honest
    learn(contest, examples[10_000:])
    rest = sum(each.fraud for each in examples[10_000:])
    found = contest.evidence("x")
    assert found is not None and found.frauds == frauds + rest
    assert 5 * rest < found.honest - before < 20 * rest


@pytest.mark.parametrize(
    ("weight", "counts"),
    [(5.0, 5.0), (LARGEST_WEIGHT, LARGEST_WEIGHT), (100.0, LARGEST_WEIGHT)],
)
def test_an_example_from_random_control_counts_for_those_that_it_stands_for_within_limits(
    weight: float, counts: float
) -> None:
    contest = tournament("x")
    contest.learn(example(1, {"x": 1.0}, fraud=True))
    contest.learn(example(2, {"x": 1.0}, fraud=False, weight=weight))
    contest.learn(example(3, {"x": 0.0}, fraud=False))
    assert standing(contest, "x").quality.roc_auc == pytest.approx(0.5 / (counts + 1))


def test_a_few_frauds_from_random_control_do_not_hide_that_a_challenger_is_better() -> None:
    contest = tournament("x", rules=PromotionRules(minimum_frauds=100))
    examples = list(stream(8_000, x=0.7, scorecard=0.3))
    for each in [index for index, one in enumerate(examples) if one.fraud][:6:2]:
        examples[each] = msgspec.structs.replace(examples[each], weight=100.0)
    assert [each.champion for each in promotions(learn(contest, examples))] == ["x"]


def test_the_scorecards_score_is_the_one_that_was_decided_on() -> None:
    contest = tournament("x")
    contest.learn(example(1, {"x": 1.0}, fraud=True, fraud_score=0.75, model="scorecard-1"))
    contest.learn(example(2, {"x": 1.0}, fraud=True, fraud_score=0.25, model="x-1-abc"))
    found = standing(contest, SCORECARD).quality
    assert (found.examples, found.brier) == (1, 0.0625)


def test_what_no_scorecard_decided_on_is_scored_by_it_when_it_is_there() -> None:
    contest = tournament("x", scorecard=TableModel("x"))
    contest.learn(example(1, {"x": 1.0}, fraud=True, fraud_score=0.25, model="x-1-abc"))
    assert standing(contest, SCORECARD).quality.brier == pytest.approx(0.99**2)


def test_a_correction_changes_the_label_of_what_was_scored_and_is_learned_once() -> None:
    contest = tournament("x")
    contest.learn(example(1, {"x": 1.0}, fraud=True))
    contest.learn(example(2, {"x": 0.0}, fraud=False))
    contest.learn(example(1, {"x": 1.0}, fraud=False, corrects=True))
    found = standing(contest, "x").quality
    assert (found.examples, found.frauds) == (2, 0)
    assert found.brier == pytest.approx(0.01**2)
    assert contest.snapshot()["models"]["x"]["model"][1.0] == (0, 1)


def test_a_correction_of_what_was_not_scored_is_scored_once() -> None:
    contest = tournament("x", rules=PromotionRules())
    learn(contest, stream(40_000, share=0.0005, x=0.5))
    kept = set(contest.snapshot()["window"]["applications"])
    unscored = next(number for number in count(39_000) if f"A-{number}" not in kept)
    before = standing(contest, "x").quality
    contest.learn(example(unscored, {"x": 0.0}, fraud=True, corrects=False))
    after = standing(contest, "x").quality
    assert (after.examples, after.frauds) == (before.examples + 1, before.frauds + 1)


def test_standings_say_what_each_model_is_worth_and_costs() -> None:
    ticks = count(0, 1_000)
    contest = Tournament({"x": TableModel("x")}, RULES, clock=lambda: next(ticks))
    learn(contest, stream(2_000, x=0.8, scorecard=0.3))
    scorecard, model = contest.standings()
    assert (scorecard.name, scorecard.kind, scorecard.champion) == (SCORECARD, SCORECARD, contest.champion == SCORECARD)
    assert (model.name, model.kind, model.score_us, model.learn_us) == ("x", "table", 1.0, 1.0)
    assert (scorecard.score_us, scorecard.learn_us) == (None, None)
    assert model.quality.roc_auc is not None and scorecard.quality.roc_auc is not None
    assert model.quality.roc_auc == pytest.approx(0.895, abs=0.07)
    assert scorecard.quality.roc_auc == pytest.approx(0.645, abs=0.07)


def test_before_the_first_example_the_standings_are_empty() -> None:
    assert [each.quality.examples for each in tournament("x", "y").standings()] == [0, 0, 0]
    assert tournament("x").evidence("x") is None


def test_a_new_kind_of_fraud_that_the_champion_misses_is_reported() -> None:
    contest = tournament("x", champion="x", rules=msgspec.structs.replace(RULES, automatic=False))
    assert learn(contest, stream(10_000, share=0.05, x=0.95)) == []
    [drift] = learn(contest, stream(4_000, first=10_000, share=0.05, x=0.2))
    assert isinstance(drift, Drift)
    assert (drift.kind, drift.subject, drift.model) == ("error", "missed_frauds", "x")
    assert drift.before is not None and drift.after is not None
    assert drift.after > drift.before


def test_a_feature_that_shifts_is_reported_by_name() -> None:
    rules = msgspec.structs.replace(RULES, drift_window_days=0)
    contest = tournament("x", rules=rules)
    assert learn(contest, (example(number, {"x": 0.0, "y": 1.0}) for number in range(3_000))) == []
    [drift] = learn(contest, (example(number, {"x": 0.0, "y": 5.0}) for number in range(3_000, 8_000)))
    assert isinstance(drift, Drift)
    assert (drift.kind, drift.subject) == ("feature", "y")


def test_the_same_examples_and_seed_give_the_same_happenings() -> None:
    first, second = (tournament("good", "fair") for _ in range(2))
    examples = list(stream(6_000, good=0.8, fair=0.4, scorecard=0.1))
    assert learn(first, examples) == learn(second, examples)
    assert first.standings() == second.standings()


@pytest.mark.parametrize("cut", [0, 100, 2_500, 5_999])
def test_from_a_snapshot_it_goes_on_as_if_nothing_had_been(cut: int) -> None:
    examples = list(stream(6_000, good=0.8, fair=0.4, scorecard=0.1))
    whole, first, second = (tournament("good", "fair") for _ in range(3))
    expected = learn(whole, examples)
    before = learn(first, examples[:cut])
    snapshot = copy.deepcopy(first.snapshot())
    second.restore(first.snapshot())
    learn(first, stream(200, first=50_000, good=0.1))  # what the other one does does not matter
    assert before + learn(second, examples[cut:]) == expected
    assert second.standings() == whole.standings()
    assert second.champion == whole.champion
    third = tournament("good", "fair")
    third.restore(snapshot)
    assert before + learn(third, examples[cut:]) == expected


def test_a_model_that_is_new_is_compared_on_what_it_scored_itself() -> None:
    old = tournament("fair")
    learn(old, stream(3_000, fair=0.5, good=0.9, scorecard=0.4))
    new = tournament("fair", "good")
    new.restore(old.snapshot())
    assert new.evidence("good") is None
    assert standing(new, "good").quality.examples == 0
    found = promotions(learn(new, stream(8_000, first=3_000, fair=0.5, good=0.9, scorecard=0.4)))
    assert found[-1].champion == "good"


def test_the_scorecard_is_champion_again_when_the_champion_is_gone() -> None:
    old = tournament("gone", "x", champion="gone")
    learn(old, stream(100, gone=0.5, x=0.5))
    new = tournament("x")
    new.restore(old.snapshot())
    assert new.champion == SCORECARD
    assert learn(new, stream(100, first=100, x=0.5)) == []


def test_a_snapshot_is_plain_data_and_arrays() -> None:
    contest = tournament("x", rules=msgspec.structs.replace(RULES, drift_window_days=0))
    learn(contest, stream(5_000, x=0.8))
    kinds = {type(value).__name__ for value in _leaves(contest.snapshot())}
    assert kinds <= {"str", "int", "float", "bool", "NoneType", "ndarray"}


def _leaves(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return chain.from_iterable(_leaves(each) for each in (*value.keys(), *value.values()))
    if isinstance(value, list | tuple):
        return chain.from_iterable(_leaves(each) for each in value)
    return [value]


def test_luck_makes_no_champion() -> None:
    promoted = 0
    for seed in range(12):
        contest = tournament("a", "b", "c", champion="a")
        promoted += len(promotions(learn(contest, stream(6_000, seed=seed, share=0.05, a=0.5, b=0.5, c=0.5))))
    assert promoted <= 2
