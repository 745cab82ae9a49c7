"""What CUDA_VISIBLE_DEVICES leaves, by rule, and held against torch's own reading of it."""

import json
import os
from unittest.mock import patch

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.cuda import _parse_visible_devices, _transform_uuid_to_ordinals

from fftui.telemetry.visible import Board, Slice, Visible, visible

A, B, C = "GPU-5ba3ed4f-000a", "GPU-5ba3ed4f-000b", "GPU-77777777-000c"
BOARDS = [Board(A, "H100"), Board(B, "H100"), Board(C, "H100")]
ONE, TWO, ELEVEN = "MIG-1111-0001", "MIG-1111-0002", "MIG-2222-0011"
CUT = [
    Board(A, "H100", (Slice(ONE, 1, 0), Slice(TWO, 1, 1), Slice(ELEVEN, 1, 11))),
    Board(B, "H100"),
]


def left(value: str | None, boards: list[Board] = BOARDS) -> tuple[str, ...]:
    return visible(value, None, boards).uuids


@pytest.mark.parametrize(
    ("value", "uuids"),
    [
        (None, (A, B, C)),
        ("0", (A,)),
        ("2,0", (C, A)),
        (" 1 , 2", (B, C)),
        ("+1,-0", (B, A)),
        ("1gpu2,2ampere", (B, C)),
        ("01", (B,)),
        (C, (C,)),
        (f"{C},{A}", (C, A)),
        ("GPU-7", (C,)),
        (f"GPU-77,{A}", (C, A)),
        ("", ()),
        ("-1", ()),
        ("NoDevFiles", ()),
        ("0,-1,1", (A,)),
        ("0,7,1", (A,)),
        ("0,one,1", (A,)),
        ("one,0", ()),
        ("0,0", ()),
        ("0,1,0", ()),
        ("GPU-77,GPU-777", ()),
        ("GPU-5ba3ed4f", ()),
        (f"{A},GPU-5,{C}", (A,)),
        ("GPU-nonsense", ()),
        (f"0,{B}", (A,)),
        (f"{A},1", (A,)),
        (f"{A}, {B}", (A,)),
        ("5ba3ed4f-000a", ()),
        ("gpu-77777777", ()),
    ],
)
def test_devices_are_those_that_are_named_up_to_the_first_that_is_none(value, uuids):
    assert left(value) == uuids


@pytest.mark.parametrize(
    ("value", "uuids"),
    [
        (TWO, (TWO,)),
        ("MIG-2222", (ELEVEN,)),
        ("MIG-1111", ()),
        (f"MIG-{A}/1/1", (TWO,)),
        (f"MIG-{A}/1/11", (ELEVEN,)),
        (f"MIG-{A}/1/7", ()),
        (f"MIG-{A}/1", ()),
        (f"{TWO},{ONE}", (TWO,)),
        (f"{TWO},MIG-9999,{ONE}", (TWO,)),
        (f"{TWO},{TWO}", ()),
        (f"{TWO},MIG-{A}/1/1", ()),
        (f"MIG-{A}", ()),
        (f"{TWO},0", (TWO,)),
        ("0", (ONE,)),
        ("1", (B,)),
        ("1,0", (ONE,)),
        ("1,0,9", (ONE,)),
        (A, (ONE,)),
        (None, (ONE,)),
    ],
)
def test_of_slices_cuda_takes_one_and_no_board_beside_it(value, uuids):
    assert left(value, CUT) == uuids


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("7", "CUDA_VISIBLE_DEVICES=7: there is no GPU 7 (3 GPUs, counted from 0)"),
        ("0,one", "'one' names no GPU; it and what follows it are hidden"),
        ("GPU-5ba3ed4f", "begins the UUIDs of 2 devices"),
        ("GPU-9", "GPU-9 names no GPU of this machine"),
        ("1,2,1", "1 is named twice, so CUDA sees no GPU at all"),
        ("GPU-77,GPU-777", "GPU-777 is named twice"),
        (f"{A},1", "'1' is no GPU- UUID like the first"),
        (f"{A}, {B}", "without blanks"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it(value, words):
    problem = visible(value, None, BOARDS).problem
    assert problem.startswith(f"CUDA_VISIBLE_DEVICES={value}: ")
    assert words in problem


@pytest.mark.parametrize("value", [None, "0", "2,1", "", "-1", "0,-1", "NoDevFiles", A, "GPU-7"])
def test_where_nothing_is_wrong_nothing_is_said(value):
    assert visible(value, None, BOARDS) == Visible(left(value))


def test_one_gpu_is_not_called_several():
    assert "(1 GPU, counted from 0)" in visible("1", None, BOARDS[:1]).problem
    assert "(0 GPUs, counted from 0)" in visible("0", None, []).problem


@pytest.mark.parametrize("value", [None, "0", "1,0", " 1", "+1", "1gpu"])
def test_boards_of_two_kinds_may_be_counted_in_another_order(value):
    mixed = [Board(A, "H100"), Board(B, "T400")]
    assert "CUDA_DEVICE_ORDER=PCI_BUS_ID" in visible(value, None, mixed).caution
    assert "CUDA_DEVICE_ORDER=PCI_BUS_ID" in visible(value, "FASTEST_FIRST", mixed).caution
    assert visible(value, "PCI_BUS_ID", mixed).caution == ""
    assert visible(value, None, BOARDS).caution == ""


@pytest.mark.parametrize("value", ["-1", "-1,0", "7", "0,0", ""])
def test_where_nothing_is_left_there_is_no_order_to_doubt(value):
    result = visible(value, None, [Board(A, "H100"), Board(B, "T400")])
    assert (result.uuids, result.caution) == ((), "")


def test_a_uuid_is_right_in_any_order():
    assert visible(A, None, [Board(A, "H100"), Board(B, "T400")]).caution == ""


def _by_torch(value: str, boards: list[Board]) -> tuple[str, ...]:
    """torch's reading of the variable (torch.cuda._device_count_nvml, which gives only their
    number).
    """
    with patch.dict(os.environ, CUDA_VISIBLE_DEVICES=value):
        result = _parse_visible_devices()
    uuids = [board.uuid for board in boards]
    if result and isinstance(result[0], str):
        result = _transform_uuid_to_ordinals(result, uuids)
    valid = next(
        (place for place, number in enumerate(result) if number >= len(boards)), len(result)
    )
    return tuple(uuids[number] for number in result[:valid])


ENTRIES = st.one_of(
    st.integers(-2, 4).map(str),
    st.sampled_from(
        [
            A,
            B,
            C,
            "GPU-",
            "GPU-5",
            "GPU-77",
            "GPU-777",
            "GPU-9",
            "one",
            "",
            "1gpu",
            " 0",
            "+1",
            f" {A}",
        ]
    ),
)


@given(st.lists(ENTRIES, max_size=5).map(",".join), st.integers(0, 3))
def test_torch_reads_it_the_same(value, there):
    assert left(value, BOARDS[:there]) == _by_torch(value, BOARDS[:there])


@given(
    st.text(st.sampled_from("0123456789,-+ GPUMIgx/5b٣²"), max_size=12),
    st.sampled_from([BOARDS, CUT, []]),
)
def test_whatever_it_holds_there_is_an_answer_with_devices_of_this_machine_each_once(value, boards):
    result = visible(value, None, boards)
    devices = {
        uuid for board in boards for uuid in (board.uuid, *(each.uuid for each in board.slices))
    }
    assert len(set(result.uuids)) == len(result.uuids)
    assert set(result.uuids) <= devices
    assert "\n" not in result.problem


HERE = """
import json
from fftui.telemetry.nvml import start_nvml, stop_nvml
from fftui.telemetry.visible import visible_here
start_nvml()
result = visible_here()
stop_nvml()
print(json.dumps([result.uuids, result.problem, result.caution]))
"""
UNSET = "import os\ndel os.environ['CUDA_VISIBLE_DEVICES']\n"
FIRST, SECOND = (
    "GPU-5ba3ed4f-0000-4000-8000-00000000000a",
    "GPU-77777777-0000-4000-8000-00000000000c",
)
SLICE, NEXT_SLICE = (
    "MIG-11111111-0000-4000-8000-000000000001",
    "MIG-22222222-0000-4000-8000-000000000002",
)
OTHER, ALIKE = f"device {SECOND} Another kind", f"device {SECOND} Stand-in 0"
SLICES = (f"slice {SLICE} 2 5 MIG 1g", f"slice {NEXT_SLICE} 2 6 MIG 1g")
FAIL_UUID = "fail nvmlDeviceGetUUID 3"


@pytest.fixture
def here(python_with_gpu):
    """What a process with this CUDA_VISIBLE_DEVICES (None: unset) sees of the scripted boards."""

    def run(value: str | None, *statements: str, order: str = "FASTEST_FIRST") -> list[object]:
        variables = {"CUDA_VISIBLE_DEVICES": value or "", "CUDA_DEVICE_ORDER": order}
        return json.loads(
            python_with_gpu(
                (UNSET if value is None else "") + HERE, *statements, **variables
            ).stdout
        )

    return run


@pytest.mark.parametrize(
    ("value", "uuids"),
    [(None, [FIRST, SECOND]), ("1,0", [SECOND, FIRST]), ("GPU-7", [SECOND]), ("", [])],
)
def test_nvml_lists_the_boards(here, value, uuids):
    assert here(value, ALIKE) == [uuids, "", ""]


def test_nvml_finds_that_there_are_fewer(here):
    uuids, problem, _ = here("2", ALIKE)
    assert (uuids, "there is no GPU 2 (2 GPUs" in problem) == ([], True)


def test_the_order_is_the_process_s_own(here):
    assert "PCI_BUS_ID" in here("1,0", OTHER)[2]
    assert here("1,0", OTHER, order="PCI_BUS_ID") == [[SECOND, FIRST], "", ""]


@pytest.mark.parametrize(
    ("value", "uuids"),
    [
        (None, [SLICE]),
        ("0", [SLICE]),
        ("1", [SECOND]),
        (NEXT_SLICE, [NEXT_SLICE]),
        ("MIG-2", [NEXT_SLICE]),
        (f"MIG-{FIRST}/2/6", [NEXT_SLICE]),
    ],
)
def test_nvml_lists_the_slices_of_one_board_beside_another(here, value, uuids):
    assert here(value, *SLICES, ALIKE) == [uuids, "", ""]


def test_what_has_no_uuid_is_not_listed(here):
    assert here(None, ALIKE, FAIL_UUID) == [[FIRST], "", ""]
    assert here(None, SLICES[0], FAIL_UUID, SLICES[1]) == [[NEXT_SLICE], "", ""]


COUNT = """
import json, os
import torch
from fftui.telemetry.nvml import start_nvml
from fftui.telemetry.visible import visible_here
start_nvml()
for value in ("1,0", "0,2", "GPU-5b", "GPU-", "0,0"):
    os.environ["CUDA_VISIBLE_DEVICES"] = value
    print(json.dumps([len(visible_here().uuids), torch.cuda._device_count_nvml()]))
"""


@pytest.mark.skipif(torch.version.hip is not None, reason="this torch asks another library")
def test_torch_counts_as_many_through_the_same_library(python_with_gpu):
    counts = [json.loads(line) for line in python_with_gpu(COUNT, ALIKE).stdout.splitlines()]
    assert counts == [[2, 2], [1, 1], [1, 1], [0, 0], [0, 0]]
