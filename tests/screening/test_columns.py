"""The pure function: a batch of texts in, a batch of mentions out, the same as asking each text alone."""

import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.screening import Keyword, Library, find_personal
from openbeian.screening.classifier import Flagged
from openbeian.screening.columns import HITS, Screen, scan_batch

pytestmark = pytest.mark.req("T2a", "F1")
LIBRARY = Library(
    [
        Keyword("云朵苹果", "A.1", "A.1.a", "高"),
        Keyword("云朵", "A.1", "A.1.b"),
        Keyword("sm", "A.2", "A.2.a"),
        Keyword("微信", "A.3", "A.3.a"),
    ],
    ["云朵糖"],
)
PLAIN = Screen(LIBRARY, disguises=False)
PARTS = (
    "云朵",
    "苹果",
    "糖",
    "雲朵蘋果",
    "SM",
    "smoking",
    "电话13800138000",
    "微信abc_12345",
    "，",
    "a@b.cn",
    "13800138",
    "😀",
    "",
)
TEXTS = st.lists(st.one_of(st.none(), st.lists(st.sampled_from(PARTS), max_size=6).map("".join)), max_size=5)


def rows_of(texts, numbers=None):
    columns = {"text": pa.array(texts, pa.large_string())}
    return pa.RecordBatch.from_pydict(columns | ({"row": pa.array(numbers, pa.int64())} if numbers else {}))


def told(texts, screen=PLAIN):
    found = scan_batch(rows_of(texts), screen)
    assert found.schema == HITS
    return found.to_pylist()


@given(TEXTS)
def test_a_batch_says_of_each_text_what_the_text_alone_says(texts):
    wanted = []
    for row, text in enumerate(texts):
        wanted += [
            (row, hit.start, hit.end, "keyword", hit.keyword.class2, "exact") for hit in LIBRARY.scan(text or "")
        ]
        wanted += [
            (row, span.start, span.end, span.kind.value, "", span.tier)
            for span in find_personal(text or "", review=True)
        ]
    found = told(texts)
    assert sorted((h["row"], h["start"], h["end"], h["kind"], h["class2"], h["tier"]) for h in found) == sorted(wanted)
    assert [(h["row"], h["start"]) for h in found] == sorted((h["row"], h["start"]) for h in found)


def test_a_mention_carries_what_the_library_says_of_its_word():
    found = {mention["word"]: mention for mention in told(["买雲朵蘋果吧"])}
    assert set(found) == {"云朵苹果", "云朵"}
    assert found["云朵苹果"] == {
        "row": 0,
        "tier": "exact",
        "kind": "keyword",
        "via": "plain",
        "word": "云朵苹果",
        "class1": "A.1",
        "class2": "A.1.a",
        "level": "高",
        "start": 1,
        "end": 5,
        "probability": None,
    }


def test_rows_keep_the_numbers_they_came_with():
    found = scan_batch(rows_of(["云朵", "", "云朵"], [70, 71, 99]), PLAIN)
    assert found.column("row").to_pylist() == [70, 99]


def test_other_columns_and_other_kinds_of_strings():
    batch = pa.RecordBatch.from_pydict({"id": [1], "body": pa.array(["云朵"], pa.string())})
    assert scan_batch(batch, PLAIN, "body").num_rows == 1
    with pytest.raises(KeyError):
        scan_batch(batch, PLAIN)


def test_what_the_first_pass_found_the_second_does_not_say_again():
    screen = Screen(LIBRARY)
    found = told(["云朵，云 朵，云·朵·苹·果"], screen)
    keywords = [(h["tier"], h["start"], h["end"], h["word"]) for h in found if h["kind"] == "keyword"]
    assert ("exact", 0, 2, "云朵") in keywords
    assert [k for k in keywords if k[0] == "exact"] == [("exact", 0, 2, "云朵")]
    assert any(tier == "derived" and word == "云朵苹果" for tier, _, _, word in keywords)


def test_an_allowed_longer_word_shields_in_the_same_pass():
    assert [h["start"] for h in told(["云朵糖云朵"])] == [3]


class Flagging:
    """Flags what holds a pear, the more of them the likelier; two are of a risk."""

    covered = ("A.2.d", "拒答")

    def flagged(self, texts):
        pears = np.array([text.count("梨") for text in texts])
        places = np.flatnonzero(pears)
        return Flagged(places, (pears[places] / 4).astype(np.float32), pears[places].astype(np.int32) - 2)


def test_a_classifier_flags_whole_texts_for_people_to_look_at_with_what_puts_them_in_order():
    screen = Screen(LIBRARY, personal=False, disguises=False, classifier=Flagging())
    found = told(["苹果", "一个梨", "", "梨梨梨云朵", "梨梨"], screen)
    flagged = [hit for hit in found if hit["kind"] == "classifier"]
    assert [(hit["row"], hit["start"], hit["end"], hit["tier"], hit["word"], hit["level"]) for hit in flagged] == [
        (1, 0, 3, "review", "", ""), (3, 0, 5, "review", "", ""), (4, 0, 2, "review", "", ""),
    ]  # fmt: skip
    assert [(hit["probability"], hit["class1"], hit["class2"]) for hit in flagged] == [
        (0.25, "", ""), (0.75, "", "拒答"), (0.5, "A.2", "A.2.d"),
    ]  # fmt: skip
    assert [(hit["row"], hit["class2"], hit["probability"]) for hit in found if hit["kind"] == "keyword"] == [
        (3, "A.1.b", None)
    ]


def test_a_screen_goes_to_another_process_as_it_is():
    again = pickle.loads(pickle.dumps(Screen(LIBRARY)))
    assert told(["云·朵 电话13800138000"], again) == told(["云·朵 电话13800138000"], Screen(LIBRARY))
