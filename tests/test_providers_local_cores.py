"""Laws of working side by side: cores decide when a result is there, never what it is."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mi.providers.chat_template import TokenizedRow
from mi.providers.local import Local, kv_cache, linear, network, prefix, train_step
from mi.providers.local.core_pool import CorePool, available_cores, share_weights
from mi.providers.local.packing import tree_attention
from mi.providers.local.tensor_cache import TensorCache
from mi.providers.types import ModelUnderTest
from mi.spec import Model
from tests.support.local_jobs import train_locally, training_job, training_output
from tests.support.local_requests import draw, flat, sample_requests, score, score_requests
from tests.support.tiny_model import Watcher, make_tiny_model, tiny

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return tiny(make_tiny_model(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(autouse=True)
def cache(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setenv("MI_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    yield
    network.load_network.cache_clear()  # a pool of made-up size is not for others


def with_cores(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "available_cores", lambda: count)
    network.load_network.cache_clear()


def test_the_number_of_cores_changes_no_bit(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_step, "PART_TOKENS", 40)  # every row a part of its own
    found = []
    for count in (1, 2, 3):
        with_cores(count, monkeypatch)
        folder = tmp_path / str(count)
        train_locally(training_job(model), folder)
        subject = ModelUnderTest(model=model, trained=folder)
        assert len(Local().load_network(model, Watcher()).pool.replicas) == count
        found.append(
            (
                training_output(folder),
                flat(draw(subject, sample_requests())),
                score(subject, score_requests()),
            )
        )
    assert found[0] == found[1] == found[2]


def test_a_pool_gives_results_in_order_and_uses_a_replica_for_one_item_at_a_time() -> None:
    members = [threading.Lock() for _ in range(3)]

    def work(member: threading.Lock, item: int) -> int:
        assert member.acquire(blocking=False)
        total = sum(range(item * 10_000)) and item
        member.release()
        return total

    assert list(CorePool(members).map(work, range(50))) == list(range(50))


@pytest.mark.parametrize("size", [1, 3])
def test_an_error_in_a_piece_of_work_is_the_callers(size: int) -> None:
    pool = CorePool(range(size))

    def work(member: int, item: int) -> float:
        return 1 / item

    with pytest.raises(ZeroDivisionError):
        list(pool.map(work, [1, 0, 2]))
    assert list(pool.map(work, [1, 2, 4])) == [1, 0.5, 0.25]


def test_a_bound_on_threads_is_a_bound_on_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert available_cores() == 1
    for said in ("", "many", "0", "999"):
        monkeypatch.setenv("OMP_NUM_THREADS", said)
        assert 1 <= available_cores() <= (os.cpu_count() or 1)


def test_a_twin_has_the_same_tensors_in_other_modules(model: Model) -> None:
    loaded = Local().load_network(model, Watcher()).model
    other = share_weights(loaded)
    ours, theirs = dict(loaded.named_parameters()), dict(other.named_parameters())
    assert ours.keys() == theirs.keys()
    assert all(ours[name] is theirs[name] for name in ours)
    assert set(map(id, loaded.modules())).isdisjoint(map(id, other.modules()))


@pytest.mark.parametrize("rows", [1, 7, 16, 40])
@pytest.mark.parametrize("bias", [False, True])
def test_a_product_is_torchs_own_up_to_rounding_and_so_is_its_gradient(
    rows: int, bias: bool
) -> None:
    plain = torch.nn.Linear(24, 56, bias=bias).requires_grad_(False)
    quick = share_weights(plain)
    linear.replace_linear_layers(holder := torch.nn.Sequential(quick))
    x = torch.randn(2, rows, 24)
    grads = []
    for module in (plain, holder):
        leaf = x.clone().requires_grad_()
        y = module(leaf)
        y.square().sum().backward()
        grads.append(leaf.grad)
        with torch.no_grad():
            torch.testing.assert_close(module(x), plain(x), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(y, plain(x), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(grads[0], grads[1], atol=1e-4, rtol=1e-4)
    assert type(quick) is linear.FrozenLinear


def test_a_module_in_training_gets_its_own_gradient() -> None:
    module = torch.nn.Linear(24, 56)
    linear.replace_linear_layers(torch.nn.Sequential(module))
    module(torch.randn(40, 24)).sum().backward()
    assert module.weight.grad is not None


def test_what_is_unused_the_longest_is_forgotten_first() -> None:
    kept = TensorCache(max_bytes=3 * 40)
    for name in "abc":
        kept.put(name, torch.full((10,), float(ord(name))))
    assert kept.get("a") is not None
    kept.put("d", torch.zeros(10))
    assert [name for name in "abcd" if kept.get(name) is not None] == ["a", "c", "d"]
    kept.put("large", torch.zeros(1000))
    assert [name for name in ("a", "c", "d", "large") if kept.get(name) is not None] == ["large"]


@settings(deadline=None)
@given(lengths=st.lists(st.integers(2, 300), min_size=1, max_size=12), window=st.integers(50, 400))
def test_the_parts_of_a_step_have_every_row_once_and_in_order(
    lengths: list[int], window: int
) -> None:
    rows = [TokenizedRow((index,), (0,) * (length - 1)) for index, length in enumerate(lengths)]
    parts = train_step.split_rows(rows, window)
    assert [row for part in parts for row in part] == rows
    assert all(parts)
    for part in parts:
        assert len(part) == 1 or all(len(row.ids) < window for row in part)
        assert sum(len(row.ids) for row in part) < train_step.PART_TOKENS + 2 * max(lengths)


def test_branches_see_the_trunk_and_themselves() -> None:
    positions, mask = tree_attention(1, 2, [2, 1], CPU)
    assert positions.tolist() == [[1, 2, 3, 4, 3]]
    assert mask[0, 0].int().tolist() == [
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 1, 1, 1, 0],
        [1, 1, 1, 0, 0, 1],
    ]


@settings(deadline=None)
@given(st.sets(st.integers(0, 6), min_size=1, max_size=6).map(sorted))
def test_rows_that_go_on_keep_their_keys_and_values(going: list[int]) -> None:
    cache = prefix.empty_cache()
    first = torch.arange(7.0).view(7, 1, 1, 1).expand(7, 2, 3, 4)
    cache.update(first, -first, 0)
    room = kv_cache.preallocate(cache, torch.arange(7), 5)
    order = kv_cache.retain_rows(room, going)
    assert sorted(order) == going
    new = torch.full((len(going), 2, 1, 4), 9.0)
    keys, values = room.update(new, new, 0)
    assert keys.shape == (len(going), 2, 4, 4)
    assert keys[:, 0, 0, 0].tolist() == [float(row) for row in order]
    assert values[:, 1, 2, 3].tolist() == [-float(row) for row in order]
    assert keys[:, 0, 3, 0].tolist() == [9.0] * len(going)
