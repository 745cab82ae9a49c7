"""Studies in equal time: what their experiments get."""

from fftui.experiment.cost import images_of
from fftui.studies.budget import within
from fftui.studies.study_catalogue import STUDIES


def test_every_method_of_the_field_is_chosen_on_validation_images_and_none_on_test_images() -> None:
    study = STUDIES["field"].build("full", {"mnist", "cifar10"}, 2)
    limited = within(study, 600.0)
    assert len(limited.trials) == len(study.trials)
    for before, after in zip(study.trials, limited.trials, strict=True):
        experiment = after.experiment
        assert (experiment.budget_s, experiment.seed) == (600.0, before.experiment.seed)
        held_out = experiment.data.validation_images
        assert held_out >= before.experiment.data.validation_images
        assert images_of(experiment) + held_out == experiment.data.info.train_images
        for phase in experiment.phases:
            assert phase.keep == ("best" if phase.predicts and phase.by_steps else "last")
        assert after.condition.paper is None
        assert after.condition.values == before.condition.values
    assert "10:00 of learning each" in limited.title


def test_images_are_held_out_of_a_few_too() -> None:
    study = within(STUDIES["field"].build("quick", {"mnist-mini"}, 1), 1.0)
    assert {images_of(each.experiment) for each in study.trials} <= {1800, 2000}
