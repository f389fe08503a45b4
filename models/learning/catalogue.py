"""The models that learn side by side unless told otherwise: the candidate to become champion, and its challengers."""

from __future__ import annotations

from models.learning.boosted_trees import BoostedTreesLearner
from models.learning.hoeffding_bag import HoeffdingBagLearner
from models.learning.logistic import LogisticLearner
from models.learning.online import OnlineModel
from models.learning.protocol import LearningModel
from models.learning.weight_of_evidence import WeightOfEvidenceLearner


def default_models(seed: int) -> dict[str, LearningModel]:
    """New models by name. They learn the same examples, each its own way. Boosted trees alone are as good as `blend`
    where frauds are many; with few, and with categories alone, the logistic curves beside them help."""
    return {
        "blend": OnlineModel("blend", [BoostedTreesLearner(seed), LogisticLearner()], seed),
        "logistic": OnlineModel("logistic", [LogisticLearner()], seed),
        "hoeffding_bag": OnlineModel("hoeffding_bag", [HoeffdingBagLearner(seed)], seed),
        "weight_of_evidence": OnlineModel("weight_of_evidence", [WeightOfEvidenceLearner()], seed),
    }
