"""Dead and always-on units, and the shares that are active."""

import torch

from fftui.learning.unit_tally import UnitTally

TRUE = torch.tensor([True, False, True])


def test_units_that_never_or_always_are_active() -> None:
    tally = UnitTally((4,))
    tally.add(torch.tensor([[0.0, 1, 2, 0], [0, 1, 0, 0], [-1, 3, 1, 0]]), TRUE)
    tally.add(torch.tensor([[0.0, 1, 0, 5]]), torch.tensor([False]))
    report = tally.report()
    assert (report.kind, report.units) == ("units", 4)
    assert (report.dead, report.always_on) == ((0,), (1,))
    assert report.active_positive == 4 / 8
    assert report.active_negative == 3 / 8
    assert tally.most_active()[:2] == [1, 2]  # by images with their true label


def test_a_channel_is_dead_or_on_at_all_positions() -> None:
    tally = UnitTally((3, 1, 2))
    dead, sometimes, on = [0.0, 0.0], [1.0, 0.0], [1.0, 2.0]
    tally.add(torch.tensor([[*dead, *sometimes, *on], [*dead, *dead, *on]]), TRUE[:2])
    report = tally.report()
    assert (report.kind, report.units, report.dead, report.always_on) == ("channels", 3, (0,), (2,))
    assert report.active_positive == 3 / 6


def test_a_rule_that_shows_no_label_has_no_negatives() -> None:
    tally = UnitTally((2,))
    tally.add(torch.ones(3, 2), torch.ones(3, dtype=torch.bool))
    assert tally.report().active_negative is None
    assert tally.report().always_on == (0, 1)
