"""Which endpoint a run gets, and which runs get none."""

import json

import pytest

from openbeian.manifest import Fault

pytest.importorskip("torch", reason="PyTorch is not installed: make studio", exc_type=ImportError)
pytestmark = [pytest.mark.studio, pytest.mark.req("M7")]


def refused(folder, **options):
    from openbeian.serving import create_app

    with pytest.raises(Fault) as fault:
        create_app(folder, **options)
    assert fault.value.message
    return fault.value


def changed(folder, change):
    facts = json.loads((folder / "run.json").read_text())
    change(facts)
    (folder / "run.json").write_text(json.dumps(facts))
    return folder


def test_a_run_that_collapsed_is_not_served(make_run):
    fault = refused(make_run(outcome="collapsed", words="召回率 0.01，低于报警线"))
    assert fault.code == "run-collapsed"
    assert "低于报警线" in fault.message


def test_a_run_that_is_unfinished_is_not_served_and_says_how_to_go_on(make_run, tmp_path):
    folder = make_run()
    (folder / "run.json").unlink()
    assert refused(folder).code == "run-unfinished"
    (folder / "checkpoint.safetensors").write_bytes(b"")
    assert "--resume" in refused(folder).remedy
    assert refused(tmp_path / "nowhere").code == "run-unfinished"


@pytest.mark.parametrize(
    "record", ["{", "[]", "{}", '{"schema": "openbeian/run/v9"}', '{"schema": "openbeian/run/v2"}']
)
def test_a_record_that_cannot_be_read_is_refused(make_run, record):
    folder = make_run()
    (folder / "run.json").write_text(record)
    assert refused(folder).code == "run-broken"


@pytest.mark.parametrize("key", ["name", "family", "outcome", "recipe", "data", "weights_sha256"])
def test_a_record_that_lacks_something_is_refused(make_run, key):
    assert refused(changed(make_run(), lambda facts: facts.pop(key))).code == "run-broken"


def test_a_run_of_another_kind_has_no_endpoint(make_run):
    assert refused(changed(make_run(), lambda facts: facts.update(family="text-gan"))).code == "run-other"


def test_weights_that_are_no_safetensors_are_refused(make_run):
    folder = make_run()
    (folder / "weights.safetensors").write_bytes(b"\x80\x04K\x01.")
    assert refused(folder).code == "weights-broken"


def test_a_producer_that_no_label_can_carry_is_refused_at_start(make_run):
    assert refused(make_run(), producer="某 公司").code == "label-characters"
    assert refused(make_run(), producer="").code == "label-incomplete"
