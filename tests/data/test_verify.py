import pytest

from fftui.data.catalogue import DATA_NAMES
from fftui.data.verify import dataset_statuses, set_status


@pytest.mark.parametrize("name", ["mnist", "cifar100", "svhn"])
def test_a_set_in_order_is_verified(name, request: pytest.FixtureRequest):
    generated = request.getfixturevalue(name)
    status = set_status(name, generated.folder)
    assert (status.state, status.verified, status.detail) == ("present", True, "")
    assert status.where == str(generated.folder)
    assert status.bytes >= sum(file.stat().st_size for file in generated.files.values())


@pytest.mark.parametrize("name", ["mnist", "cifar100", "svhn"])
def test_damage_is_worse_than_absence(name, request: pytest.FixtureRequest):
    generated = request.getfixturevalue(name)
    generated.files["train"].unlink()
    status = set_status(name, generated.folder)
    assert (status.state, status.verified) == ("missing", False)
    assert generated.files["train"].name in status.detail
    generated.files["test"].write_bytes(b"damaged")
    status = set_status(name, generated.folder)
    assert status.state == "damaged"
    assert generated.files["test"].name in status.detail


def test_a_quick_check_claims_nothing_about_the_content(svhn):
    svhn.files["train"].write_bytes(b"damaged")
    status = set_status("svhn", svhn.folder, verify=False)
    assert (status.state, status.verified) == ("present", False)


def test_every_set_is_listed_and_the_shipped_one_is_always_there(tmp_path):
    statuses = dataset_statuses(tmp_path)
    assert [status.name for status in statuses] == list(DATA_NAMES)
    missing = ["missing"] * (len(DATA_NAMES) - 1)
    assert [status.state for status in statuses] == ["present", *missing]
    assert statuses[0].verified
    assert statuses[0].where == "inside fftui"
    assert 900_000 < statuses[0].bytes < 1_100_000


@pytest.mark.real_data
def test_the_real_sets_have_the_published_sums():
    found = {status.name: status for status in dataset_statuses()}
    assert [found[name].verified for name in ("mnist", "fashion-mnist", "cifar10")] == [
        True,
        True,
        True,
    ]
