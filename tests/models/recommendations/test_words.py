from __future__ import annotations

import numpy as np
import pytest

from models.recommendations.words import terms, tfidf


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Red RETROSPOT Mug", ["red", "retrospot", "mug"]),
        ("Straße, café-crème!", ["strasse", "café", "crème"]),
        ("绿茶杯", ["绿", "茶", "杯", "绿茶", "茶杯"]),
        ("iPhone手机壳 12", ["iphone", "手", "机", "壳", "手机", "机壳", "12"]),
        ("ＡＢＣ　ｶｯﾌﾟ", ["abc", "カ", "ッ", "プ", "カッ", "ップ"]),  # noqa: RUF001 - full and half width
        ("กาแฟ", ["ก", "า", "แ", "ฟ", "กา", "าแ", "แฟ"]),
        ("", []),
        ("-- !!", []),
    ],
)
def test_terms_of_any_language(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_chinese_texts_find_their_kind_without_spaces() -> None:
    texts = ["景德镇青花瓷茶杯", "手绘青花瓷茶壶", "无线蓝牙耳机", "降噪蓝牙耳机套装", "纯棉儿童睡衣"]
    weights = tfidf(texts, 1_000)
    alike = (weights @ weights.T).toarray()
    np.testing.assert_allclose(alike.diagonal(), 1, rtol=1e-6)
    np.fill_diagonal(alike, 0)
    assert alike.argmax(axis=1).tolist()[:4] == [1, 0, 3, 2]
    assert alike[4].max() == 0


def test_texts_without_a_term_have_no_weight() -> None:
    assert tfidf(["", "..."], 100).nnz == 0
    assert np.diff(tfidf(["a mug", ""], 100).indptr).tolist() == [2, 0]
