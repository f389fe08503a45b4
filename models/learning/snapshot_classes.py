"""What snapshots of models may be made of: exact pairs of module and name, nothing else is made from one."""

from __future__ import annotations

_OURS = (
    ("additive", "AdditiveTable"),
    ("boosted_trees", "BoostedTreesLearner"),
    ("cold_start", "ColdStart"),
    ("tree_ensemble", "TreeEnsemble"),
    ("tree_ensemble", "Tree"),
    ("encoder", "Encoder"),
    ("hoeffding_bag", "HoeffdingBag"),
    ("hoeffding_bag", "HoeffdingBagLearner"),
    ("hoeffding_tree", "HoeffdingTree"),
    ("logistic", "LogisticLearner"),
    ("quantile_bins", "QuantileBins"),
    ("ridge", "EvenSample"),
    ("ring", "Ring"),
    ("sampling", "HonestSampling"),
    ("scorer", "LearnedScorer"),
    ("stacking", "Stack"),
    ("target_statistics", "TargetStatistics"),
    ("weight_of_evidence", "WeightOfEvidenceLearner"),
)
"""Module of `models.learning` and class."""

_NUMPYS = (
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
)
"""What an array or a number of numpy is pickled by."""

SNAPSHOT_CLASSES: frozenset[tuple[str, str]] = frozenset(
    {*_NUMPYS, *((f"models.learning.{module}", name) for module, name in _OURS)}
)
