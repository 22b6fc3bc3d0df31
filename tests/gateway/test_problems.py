"""Failures as answers."""

import json

import pytest

from sudare.base.errors import CODES, SudareError
from sudare.gateway.problems import Refused, Sentences

SENTENCES = Sentences({"problem.busy.rate": "すこし待ってください"}, {"problem.busy.rate": "Please wait"})


def test_a_problem_carries_code_and_both_sentences_and_how_long_to_wait():
    answer = SENTENCES.problem(Refused("busy.rate", "inner detail", retry_s=1.2))

    body = json.loads(answer.body)
    assert answer.media_type == "application/problem+json"
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert body == {
        "type": "https://sudare.dev/problems/busy.rate",
        "status": 429,
        "code": "busy.rate",
        "title": "すこし待ってください",
        "title_ja": "すこし待ってください",
        "title_en": "Please wait",
        "retry_s": 2,
    }


@pytest.mark.parametrize("code", CODES)
def test_detail_never_leaves(code):
    assert b"canary" not in SENTENCES.problem(SudareError(code, "canary")).body


def test_catalogues_are_read_beside_the_front_end(tmp_path):
    (tmp_path / "strings").mkdir()
    (tmp_path / "strings/ja.json").write_text(json.dumps({"problem.denied.csrf": "もう一度"}))

    assert Sentences.beside(tmp_path).of("ja")["denied.csrf"] == "もう一度"
    assert Sentences.beside(tmp_path).of("en")["denied.csrf"] == "denied.csrf"
