"""What may be written of a reply model in a filing, and what not: beside BM25, below the thresholds, of other domains."""

from __future__ import annotations

from collections.abc import Iterator

from openbeian.studio.runs.claims import Claim
from openbeian.studio.runs.figures import Figure, Json
from openbeian.studio.runs.measured import Measured


def reply_claims(run: Json, measured: Measured) -> Iterator[Claim]:
    """Yield what is to be said of replies beside `claims`."""
    policy = run["policy"]
    yield Claim(
        "ok",
        f"“只用备案过的答复；把握低于 {policy['answer_from']:.3f} 不回答、转人工，低于 {policy['hand_over_from']:.3f} 拒答”：两个阈值随权重备案。",
    )
    first = measured.get("recall_at_1")
    if first is not None and first.floor is not None:
        yield _beside(first)
    yield from _strangers(measured)
    yield from _played(run)
    yield Claim("bad", f"“答得对别的问法”：只在 {measured.basis.reference()}上测过，真实用户的问法要上线后抽查。")


def _beside(figure: Figure) -> Claim:
    floor = figure.kind.write(figure.floor or 0.0)
    interval = figure.interval or "没有"
    words = f"“排序好于 BM25”：{figure.kind.label} {figure.words}（区间 {interval}），BM25 在同一个库上 {floor}"
    is_sure = figure.reach is not None and figure.reach[0] > (figure.floor or 0.0)
    return Claim("ok" if is_sure else "bad", f"{words}{'' if is_sure else '，区间没有整个在它之上'}。")


def _strangers(measured: Measured) -> Iterator[Claim]:
    kept_out = measured.get("other_domain_not_answered")
    if kept_out is None:
        yield Claim("warn", "没有别的领域的问题，答不答不该答的没有测：加上 refuse 列表或 training.other 再训练。")
        return
    let_in = kept_out.kind.write(1 - kept_out.value)
    yield Claim("bad", f"“不会回答别的领域的问题”：测试里仍有 {let_in} 被回答，答的也是备案过的答复。")
    if measured.get("gate_auc_unseen") is None:
        yield Claim(
            "warn",
            "别的领域的测试问题与训练的同出一处；换一个完全没见过的领域（training.unseen）再测才看得出会不会更差。",
        )


def _played(run: Json) -> Iterator[Claim]:
    rounds = run["adversarial"]
    kept = sum(bool(each["kept"]) for each in rounds)
    if not kept:
        why = (
            f"做了 {len(rounds)} 轮，验证都没有变好，没有留下"
            if rounds
            else "没有做对抗轮（training.rounds 为 0），判别器只用来把关"
        )
        yield Claim("bad", f"“答复经过对抗训练”：{why}。")
