"""Calculators of every language as actors: they take and give handles, and see payloads in place."""

from __future__ import annotations

import subprocess
import time
import uuid
from typing import Any

import calculators
import numpy as np
import pytest
import ray
from clusters import Nodes, get, until
from ray.dag import InputNode

from dishtayantra_lmdb.errors import ConfigError, InvalidArgumentError
from dishtayantra_lmdb.ray import JavaClass, SharedPayload, from_ref, remote_calculator, share

MATRIX = np.arange(60_000.0).reshape(200, 300)
TRANSPOSE = {"operation": "transpose"}
JAVA = "com.dishtayantra.calculators.MatrixProcessorCalculator"
TRANSPOSING: dict[str, Any] = {
    "C++": "dishtayantra_calculators.MatrixProcessor",
    "Rust": "dishtayantra_rust_calculators.MatrixProcessor",
    "Java by JPype": JavaClass(JAVA),
    "Java by Py4J": JavaClass(JAVA, bridge="py4j"),
}


def on(node: str, calculator: Any, config: Any = None, **options: Any) -> Any:
    # Calls are counted by name, in every process of a node.
    options = {"name": uuid.uuid4().hex, **options}
    return remote_calculator(calculator, config, resources={node: 1}, num_cpus=0, **options)


@pytest.mark.parametrize("language", TRANSPOSING)
def test_a_calculator_on_another_node(nodes: Nodes, language: str) -> None:
    actor, reader = on("b", TRANSPOSING[language], TRANSPOSE), nodes.worker("b")
    for payload in (share({"values": MATRIX}), from_ref(ray.put({"values": MATRIX})), {"values": MATRIX}):
        result = get(actor.calculate.remote(payload))
        assert isinstance(result, SharedPayload)
        assert result.node_id == nodes.id("b")
        assert np.array_equal(result.value()["values"], MATRIX.T)
    details = get(actor.details.remote())
    assert details["node_id"] == nodes.id("b")
    assert details["store"] == get(reader.store.remote())
    # Payloads went through the store, and the calculator did open them there.
    calls = details["calls"]
    assert (calls["through_store"], calls["direct"], calls["repeated"]) == (3, 0, 0)
    del payload, result
    nodes.empties()


@pytest.mark.filterwarnings("ignore:DAGNode.execute")
def test_five_in_a_chain_over_two_nodes(nodes: Nodes) -> None:
    chain = [
        on("b", calculators.Scaled, {"factor": 0.5}),
        on("b", TRANSPOSING["C++"], TRANSPOSE),
        on("c", TRANSPOSING["Rust"], TRANSPOSE),
        on("c", TRANSPOSING["Java by JPype"], TRANSPOSE),
        on("c", "dishtayantra_calculators.MatrixProcessor"),
    ]
    wanted = {"rows": 300, "columns": 200, "sum": MATRIX.sum() / 2, "mean": MATRIX.mean() / 2, "min": 0.0}
    step: Any = share({"values": MATRIX})
    for actor in chain:
        step = actor.calculate.remote(step)
    assert {name: get(step)[name] for name in wanted} == pytest.approx(wanted)
    del step
    nodes.empties()
    # As a graph of Ray's, which keeps what is between its nodes.
    with InputNode() as given:
        graph: Any = given
        for actor in chain:
            graph = actor.calculate.bind(graph)
    result = get(graph.execute(share({"values": MATRIX})))
    assert {name: result[name] for name in wanted} == pytest.approx(wanted)
    calls = [get(actor.details.remote())["calls"] for actor in chain]
    assert [(each["through_store"], each["repeated"]) for each in calls] == [(2, 0)] * 5


def test_one_that_knows_no_references(nodes: Nodes) -> None:
    actor = on("b", calculators.Plain)
    for _ in range(3):
        assert np.array_equal(get(actor.calculate.remote(share({"x": MATRIX}))).value()["x"], MATRIX + 1)


@pytest.mark.parametrize("node", ["a", "b"], ids=["on the payload's node", "on another"])
def test_one_that_passes_its_reference_on_gives_the_same_handle(nodes: Nodes, node: str) -> None:
    actor, payload = on(node, calculators.Passing), share({"x": MATRIX})
    for _ in range(2):
        result = get(actor.calculate.remote(payload))
        assert result.key == payload.key
        assert np.array_equal(result.value()["x"], MATRIX)
    del result
    # Time to be deleted, were it the last handle.
    time.sleep(1)
    assert np.array_equal(payload.value()["x"], MATRIX)


@pytest.mark.parametrize("answers", ["share", "input", "output"])
def test_of_two_handles_of_one_answer_each_lives_on_when_the_other_is_gone(nodes: Nodes, answers: str) -> None:
    # The result of another calculator's process, which lies where those of this one lie.
    payload = get(on("b", calculators.Plain).calculate.remote({"x": MATRIX - 1}))
    assert payload.key.startswith("output:")
    actor = on("b", calculators.Repeating, {"answers": answers})
    first, second, third = [get(actor.calculate.remote(given)) for given in (payload, {"y": 1}, {"y": 2})]
    gone = second.key
    del second
    until(lambda: gone not in nodes.keys("b"))
    for handle in (payload, first, third, get(actor.calculate.remote({"y": 3}))):
        assert np.array_equal(handle.value()["x"], MATRIX)


def test_where_there_is_no_room_calculators_take_values(nodes: Nodes) -> None:
    # Stores of other nodes stay unfragmented, for tests of large payloads.
    actor, beside, maker = on("a", calculators.Totals), nodes.worker("a"), nodes.worker("b")
    one, two = get([maker.call.remote(share, {name: np.full(5000, value)}) for name, value in (("x", 1.0), ("y", 2.0))])
    get([actor.details.remote(), beside.fill.remote()])
    assert get(actor.calculate.remote(one)) == {"x": 5000}
    assert get(actor.calculate.remote(one, two)) == {"x": 5000, "y": 10_000}
    assert not any(key.startswith("pulled:") for key in nodes.keys("a"))


def test_one_that_answers_later(nodes: Nodes) -> None:
    from dishtayantra_lmdb import ray as shared
    from dishtayantra_lmdb import wrap_with_lmdb

    @ray.remote(num_cpus=0, resources={"c": 1})
    class Engine:
        async def calculate(self, payload: Any) -> Any:
            config = {
                "lmdb_enabled": True,
                "lmdb_exchange_mode": "reference",
                "lmdb_db_path": shared.store_path(),
            }
            return await wrap_with_lmdb(calculators.Later("later"), config, "later").calculate(payload)

    for actor in (Engine.remote(), on("b", calculators.Later)):
        result = get(actor.calculate.remote(share({"values": MATRIX})))
        assert isinstance(result, SharedPayload)
        assert np.array_equal(result.value()["values"], MATRIX * 3)


def test_small_results_are_values(nodes: Nodes) -> None:
    assert get(on("b", calculators.Plain).calculate.remote({"x": 1})) == {"x": 2}
    risk = on("b", "dishtayantra_calculators.RiskCalculator")
    assert get(risk.calculate.remote(share({"values": MATRIX.ravel()})))["observations"] == MATRIX.size


def test_several_payloads_are_merged(nodes: Nodes) -> None:
    actor = on("b", calculators.Plain)
    one, other = share({"x": MATRIX}), nodes.worker("c")
    two = get(other.call.remote(share, {"y": MATRIX * 2}))
    result = get(actor.calculate.remote(one, two, {"z": 1})).value()
    assert np.array_equal(result["x"], MATRIX + 1)
    assert np.array_equal(result["y"], MATRIX * 2 + 1)
    assert result["z"] == 2
    # Under names, as graphs may have it.
    nested = get(on("b", calculators.Same).calculate.remote({"left": one, "right": [two]})).value()
    assert np.array_equal(nested["left"]["x"], MATRIX)
    assert np.array_equal(nested["right"][0]["y"], MATRIX * 2)
    with pytest.raises(InvalidArgumentError, match="names \\['x'\\]"):
        get(actor.calculate.remote({"x": 1}, {"x": 2}))
    with pytest.raises(InvalidArgumentError, match="payload 2 of 2 is of type int"):
        get(actor.calculate.remote({"x": 1}, 2))
    with pytest.raises(InvalidArgumentError, match="without a payload"):
        get(actor.calculate.remote())


def test_a_detached_one_is_found_by_its_name_to_ray(nodes: Nodes) -> None:
    named = {"name": "sums", "actor_name": "of-node-b", "namespace": "calculators", "lifetime": "detached"}
    made = on("b", calculators.Totals, **named)
    pid = get(made.details.remote())["pid"]
    with pytest.raises(ValueError, match="of-node-b"):
        on("b", calculators.Totals, **named)
    del made
    found = ray.get_actor("of-node-b", namespace="calculators")
    try:
        assert get(found.calculate.remote(share({"x": MATRIX}))) == {"x": MATRIX.sum()}
        details = get(found.details.remote())
        assert (details["name"], details["pid"]) == ("sums", pid)
    finally:
        ray.kill(found)


def test_what_a_calculator_raises_is_raised(nodes: Nodes) -> None:
    actor = on("b", calculators.Plain, {"fails": True}, name="sums")
    with pytest.raises(ArithmeticError, match="no figures of sums"):
        get(actor.calculate.remote(share({"x": MATRIX})))


@pytest.mark.parametrize(
    ("calculator", "why"),
    [
        (calculators.Broken, "not today"),
        ("nowhere.Nothing", "nowhere"),
        ("dishtayantra_calculators.Nothing", "Nothing"),
        (JavaClass("com.example.Nothing"), "com.example.Nothing"),
    ],
    ids=str,
)
def test_one_that_cannot_be_made_says_why(nodes: Nodes, calculator: Any, why: str) -> None:
    with pytest.raises(ray.exceptions.ActorDiedError, match=why):
        get(on("b", calculator).calculate.remote(1))


@pytest.mark.parametrize(
    ("call", "kind", "why"),
    [
        (lambda: remote_calculator("Nothing"), InvalidArgumentError, "calculator is 'Nothing'"),
        (lambda: remote_calculator(1), InvalidArgumentError, "calculator is 1"),  # type: ignore[arg-type]
        (lambda: remote_calculator("a.B", 5), ConfigError, "5"),  # type: ignore[arg-type]
        (lambda: remote_calculator("a.B", actor_name=""), ValueError, "name"),
        (lambda: remote_calculator("a.B", nonsense=1), ValueError, "nonsense"),
        (lambda: JavaClass("a.B", bridge="jni"), ConfigError, "bridge: 'jni'"),
        (lambda: remote_calculator("a.B", {"lmdb_exchange_mode": "both"}), ConfigError, "lmdb_exchange_mode: 'both'"),
        (lambda: remote_calculator("a.B", {"lmdb_enabled": False}), ConfigError, "lmdb_enabled: False"),
        (lambda: remote_calculator("a.B", {"lmdb_db_path": "/x"}), ConfigError, "lmdb_db_path: '/x'"),
    ],
)
def test_what_no_calculator_can_be_is_refused(nodes: Nodes, call: Any, kind: Any, why: str) -> None:
    with pytest.raises(kind, match=why):
        call()


def test_a_jvm_beside_its_actor_ends_with_it(nodes: Nodes) -> None:
    actor = on("d", JavaClass(JAVA, bridge="py4j"), TRANSPOSE)
    pid = get(actor.details.remote())["pid"]
    jvm = subprocess.run(["pgrep", "-P", str(pid), "java"], capture_output=True, text=True, timeout=10).stdout.split()
    assert len(jvm) == 1
    ray.kill(actor)
    subprocess.run(["timeout", "20", "tail", f"--pid={jvm[0]}", "-f", "/dev/null"], check=True, timeout=30)
