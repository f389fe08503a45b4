"""The models that learn side by side unless told otherwise: the candidate to become champion, and its challengers."""

from __future__ import annotations

from models.learning.boosted_trees import BoostedTreesLearner
from models.learning.hoeffding_bag import HoeffdingBagLearner
from models.learning.logistic import LogisticLearner
from models.learning.online import OnlineModel
from models.learning.preparation import Preparation
from models.learning.protocol import LearningModel
from models.learning.pupil import Pupil
from models.learning.weight_of_evidence import WeightOfEvidenceLearner


def default_models(seed: int) -> dict[str, LearningModel]:
    """New models by name. They learn the same examples, each its own way. Boosted trees alone are as good as `blend`
    where frauds are many; with few, and with categories alone, the logistic curves beside them help.

    What they do alike is done once for all of them, so each example has to be given to all that are used before the
    next is given to any. What that costs is the first model's cost.

    Of the blend the curves begin as the whole: they learn from two frauds on, while what trees make of the first ten is
    honest applications that look like one of them. Trees have to earn their weight, which takes them a handful.
    """
    preparation, curves = Preparation(seed), Pupil(LogisticLearner())
    return {
        "blend": OnlineModel("blend", [Pupil(BoostedTreesLearner(seed)), curves], preparation, weights=(0.0, 1.0)),
        "logistic": OnlineModel("logistic", [curves], preparation),
        "hoeffding_bag": OnlineModel("hoeffding_bag", [Pupil(HoeffdingBagLearner(seed))], preparation),
        "weight_of_evidence": OnlineModel("weight_of_evidence", [Pupil(WeightOfEvidenceLearner())], preparation),
    }
