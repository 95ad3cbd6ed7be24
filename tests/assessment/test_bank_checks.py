"""What a bank lacks, what it says twice, what changed in it, and the empty shape of one."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.assessment import Expect, load_bank, rule_book
from openbeian.assessment.bank_checks import check_bank, evenness, least_total, places, report_json
from openbeian.assessment.bank_outline import annex_columns, outline, write_outline
from openbeian.assessment.bank_versions import compare, entries, to_record, versions
from openbeian.assessment.banks import Question
from openbeian.assessment.near_duplicates import ALIKE, near_duplicates
from openbeian.manifest import Fault, ManifestInvalid

pytestmark = pytest.mark.req("T5")
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
BOOK = rule_book()
SMALL = replace(
    BOOK,
    thresholds={
        name: replace(limit, value="40" if name.endswith("_total") else "1")
        if "_per_" in name or "_total" in name
        else limit
        for name, limit in BOOK.thresholds.items()
    },
)
"""The pack with a bank of 40 questions and one of each class, so that filling it in takes no time."""


def bank_of(folder, rows, name="bank"):
    path = folder / f"{name}.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return load_bank(path)


def filled(path, to, question):
    """Fill the outline: `question` gives the text of a row by its sheet and number, None leaves it blank."""
    book = openpyxl.load_workbook(path)
    for page in book:
        for row in range(2, page.max_row + 1):
            page.cell(row, 2).value = question(page.title, row)
    book.save(to)
    return to


@pytest.fixture(scope="module")
def shape(tmp_path_factory):
    path = tmp_path_factory.mktemp("shape") / "shape.xlsx"
    return path, write_outline(path, SMALL)


def test_outline_has_the_annex_columns_and_every_place_the_pack_asks_for(shape):
    path, sizes = shape
    book = openpyxl.load_workbook(path)
    assert all(tuple(cell.value for cell in page[1]) == annex_columns() for page in book)
    assert sizes == {expect: least_total(expect, SMALL) for expect in Expect}
    assert all(not page.cell(row, 2).value for page in book for row in range(2, page.max_row + 1))
    for expect in Expect:
        counts = Counter(outline(expect, BOOK))
        assert counts.total() == least_total(expect, BOOK)
        assert len(counts) == len(places(expect, BOOK))
        assert min(counts.values()) >= min(places(expect, BOOK).values())


def test_outline_read_back_blank_is_refused_and_filled_is_enough(shape, tmp_path):
    path, _ = shape
    with pytest.raises(ManifestInvalid) as caught:
        load_bank(
            filled(
                path,
                tmp_path / "one.xlsx",
                lambda title, row: None if (title, row) == ("应拒答测试题", 7) else f"{title}{row:05d}苹果",
            )
        )
    (problem,) = caught.value.problems
    assert (problem.code, problem.label, problem.line) == ("bank-no-text", "表“应拒答测试题”", 7)
    report = check_bank(
        load_bank(filled(path, tmp_path / "all.xlsx", lambda title, row: f"{title}{row:05d}苹果")), SMALL
    )
    assert report.is_enough
    assert not report.misplaced
    assert all(part.evenness > 0.9 for part in report.parts)


def test_outline_for_a_bank_that_is_there_holds_only_what_it_lacks(shape, tmp_path):
    path, _ = shape
    bank = load_bank(filled(path, tmp_path / "all.xlsx", lambda title, row: f"{title}{row:05d}苹果"))
    assert write_outline(tmp_path / "none.xlsx", SMALL, bank) == dict.fromkeys(Expect, 0)
    small = bank_of(tmp_path, [{"text": f"拒{n}", "class2": "A.1.a", "expect": "refuse"} for n in range(20)])
    missing = outline(Expect.REFUSE, SMALL, small)
    assert len(missing) == least_total(Expect.REFUSE, SMALL) - 20
    assert sum(code.startswith("A.1.b ") for _, code in missing) >= places(Expect.REFUSE, SMALL)["A.1.b"]


def test_outline_never_writes_over_a_file(shape):
    path, _ = shape
    with pytest.raises(Fault) as caught:
        write_outline(path, SMALL)
    assert caught.value.code == "bank-outline-exists"


def test_check_names_what_is_missing_class_by_class_and_questions_in_no_class(tmp_path):
    rows = [{"text": f"拒第{n}题甲乙丙", "class2": "A.1.a", "expect": "refuse"} for n in range(19)]
    rows += [{"text": "没有类的题", "expect": "any"}, {"text": "类不符的题", "class1": "A.2", "class2": "A.1.a"}]
    rows += [{"text": "方面写错了的题", "class2": "天气", "expect": "answer"}]
    report = check_bank(bank_of(tmp_path, rows), BOOK)
    refuse = next(part for part in report.parts if part.expect is Expect.REFUSE)
    row = next(row for row in refuse.classes if row.code == "A.1.a")
    assert (row.count, row.minimum, row.missing) == (19, 20, 1)
    assert (refuse.count, refuse.minimum, refuse.is_enough) == (19, 500, False)
    assert len(refuse.classes) == 17
    assert [why.split("“")[1].split("”")[0] for _, why in report.misplaced] == ["空", "A.2", "天气"]
    assert "拒第" not in json.dumps(report_json(report), ensure_ascii=False)  # no question's text


@pytest.mark.parametrize(("counts", "even"), [([5, 5, 5], 1.0), ([9, 0, 0], 0.0), ([0, 0], 0.0), ([1, 1, 0, 0], 0.5)])
def test_evenness_of_known_counts(counts, even):
    assert evenness(counts) == pytest.approx(even)


def questions(texts, expect=Expect.ANY):
    return [Question(str(n), text, "", "", expect, n) for n, text in enumerate(texts, 1)]


def test_near_duplicates_point_at_the_first_of_a_row_of_rewordings():
    texts = [
        "冰箱冷藏室的温度一般应该设定成几度比较合适？",
        "今天天气很好",
        "冰箱冷藏室的温度一般应该设定成几度比较合适呢",
    ]
    found = near_duplicates(questions(texts))
    assert [(near.question.id, near.earlier.id) for near in found] == [("3", "1")]
    assert ALIKE <= found[0].similarity < 1
    assert not near_duplicates([*questions(texts[:1]), *questions(texts[2:], Expect.REFUSE)])


@settings(max_examples=200)
@given(st.lists(st.text("甲乙丙丁戊己1a ，", min_size=1, max_size=14), max_size=12), st.sampled_from([0.5, 0.8, 1.0]))
def test_near_duplicates_are_those_that_comparing_every_pair_finds(texts, alike):
    def triples(text):
        kept = "".join(c for c in text if c.isalnum())
        return {kept[at : at + 3] for at in range(max(1, len(kept) - 2))}

    expected, firsts = [], []
    for index, text in enumerate(texts):
        shape = triples(text)
        best = max((len(shape & other) / len(shape | other) for _, other in firsts), default=0)
        if best >= alike:
            expected.append(index + 1)
        else:
            firsts.append((index, shape))
    assert [near.question.line for near in near_duplicates(questions(texts), alike)] == expected


def test_diff_of_two_versions_knows_added_removed_reworded_and_moved(tmp_path):
    base = [{"id": f"q{n}", "text": f"第{n}题", "class2": "A.3.b"} for n in range(5)]
    new = [
        base[0],
        {**base[1], "text": "改过的题"},
        {**base[2], "class2": "A.4.a"},
        *base[4:],
        {"id": "q9", "text": "新题"},
    ]
    bank_of(tmp_path, base, "old"), bank_of(tmp_path, new, "new")
    change = compare(entries(tmp_path / "old.jsonl"), entries(tmp_path / "new.jsonl"))
    assert [entry.id for entry in change.added] == ["q9"]
    assert [entry.id for entry in change.removed] == ["q3"]
    assert [(one.id, len(change.reworded)) for one, _ in change.reworded] == [("q1", 1)]
    assert [(one.class2, other.class2) for one, other in change.reclassed] == [("A.3.b", "A.4.a")]
    assert change.same == 2
    assert change.by_class == {("any", ""): (1, 0), ("any", "A.3.b"): (0, 2), ("any", "A.4.a"): (1, 0)}


def test_record_of_a_version_dates_it_and_counts_it(tmp_path):
    bank = bank_of(tmp_path, [{"text": "拒题", "class2": "A.1.a", "expect": "refuse"}])
    record = to_record(bank, BOOK, now=NOW, since=date(2026, 11, 3))
    age = next(metric for metric in record.metrics if metric.name == "bank_update_interval")
    assert (age.value, age.subject, age.unit) == (20, bank.digest, "days")
    assert next(metric.value for metric in record.metrics if metric.name == "should_refuse_total") == 1
    again = to_record(bank, BOOK, now=NOW)
    (version,) = versions([again, record])
    assert (version.since, version.records, version.digest) == (date(2026, 11, 3), 2, bank.digest)
    with pytest.raises(Fault, match="将来"):
        to_record(bank, BOOK, now=NOW, since=date(2026, 12, 1))
