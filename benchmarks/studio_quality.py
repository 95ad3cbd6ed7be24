"""What each recipe reaches in so many CPU minutes on the same networks and digits: the family of games, and three autoencoders.

    python benchmarks/studio_quality.py --data MNIST_FOLDER [--minutes 3,10] [--seeds 1,2] [--only NAME] [--jobs 1]

A recipe of the family is the shipped `digits-gan` with another objective, its customary rates and its customary
normalisation; an autoencoder is `digits-vae` with another network or likelihood. None is tuned here. The collapse alarm is
off: a recipe that collapses gets its figures too. Runs are kept under `--out`; the command can be stopped at any moment
and given again: finished runs are read, half-done ones resumed. Prints and writes a Markdown table and the verdicts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporting import machine, met, table, today

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Row:
    """A recipe of the comparison: its name, what it is, the shipped recipe it changes, and how."""

    name: str
    title: str
    recipe: str
    settings: tuple[str, ...] = ()


def _game(name: str, generator_rate: float, discriminator_rate: float, first_moment: float) -> tuple[str, ...]:
    """Return settings of a game without penalties, rates as its own paper or common practice has them."""
    return (
        f"objective.game={name}",
        "objective.real_penalty=0",
        "objective.fake_penalty=0",
        "objective.penalty_every=1",
        f"optimiser.generator_rate={generator_rate}",
        f"optimiser.discriminator_rate={discriminator_rate}",
        f"optimiser.first_moment={first_moment}",
        "optimiser.second_moment=0.999",
        "optimiser.fall=0",
        "generator.is_normalised=true",
    )


BATCH_NORM, SPECTRAL_NORM = "discriminator.normalisation=batch", "discriminator.normalisation=spectral"
TEXTBOOK = (
    "network.network=plain",
    "network.width=400",
    "network.levels=[20]",
    "network.is_centred=false",
    "objective.kl_warm_up=0",
    "optimiser.rate=1.0e-3",
    "optimiser.warm_up=0",
    "optimiser.fall=0",
)
GAN, VAE = "digits-gan", "digits-vae"
ROWS = (
    Row(GAN, "relativistic + R1 + R2, as shipped", GAN),
    Row("dcgan", "DCGAN: non-saturating, BN in both", GAN, (*_game("non-saturating", 2e-4, 2e-4, 0.5), BATCH_NORM)),
    Row("ns-r1", "non-saturating + R1", GAN, (*_game("non-saturating", 4e-4, 4e-4, 0.5), "objective.real_penalty=1")),
    Row("lsgan", "LSGAN, BN in both", GAN, (*_game("least-squares", 2e-4, 2e-4, 0.5), BATCH_NORM)),
    Row("hinge-sn", "hinge + spectral norm", GAN, (*_game("hinge", 2e-4, 4e-4, 0.5), SPECTRAL_NORM)),
    Row(
        "wgan-gp",
        "WGAN-GP, 3 critic steps",
        GAN,
        (*_game("wasserstein", 4e-4, 4e-4, 0.0), "objective.interpolated_penalty=10", "objective.critic_steps=3"),
    ),
    Row(
        "vae-document", "VAE 784-400-20, summed squared error", VAE, (*TEXTBOOK, "objective.observation=squared-error")
    ),
    Row("vae-textbook", "VAE 784-400-20, Bernoulli", VAE, (*TEXTBOOK, "objective.observation=bernoulli")),
    Row(VAE, "VAE, three residual levels, as shipped", VAE),
)
ALWAYS = ("evaluation.alarm_below=0", "machine.threads=1")


@dataclass(frozen=True)
class Target:
    """What a figure of a row has to reach at a budget, and what is aimed at beyond."""

    row: str
    minutes: float
    figure: str
    bound: float
    is_most: bool
    aim: float | None = None

    def reached(self, values: Sequence[float]) -> bool:
        """Say whether every seed is good enough."""
        return max(values) <= self.bound if self.is_most else min(values) >= self.bound


TARGETS = (
    Target(GAN, 3, "fid_c", 0.45, is_most=True, aim=0.30),
    Target(GAN, 3, "recall", 0.75, is_most=False),
    Target(GAN, 3, "right_class", 0.98, is_most=False),
    Target(GAN, 10, "fid_c", 0.30, is_most=True, aim=0.20),
    Target(GAN, 10, "coverage", 0.90, is_most=False),
    Target(VAE, 3, "elbo", -93.5, is_most=False),
    Target(VAE, 10, "elbo", -88.5, is_most=False),
    Target(VAE, 10, "nll", 85.5, is_most=True, aim=84.0),
)
FIGURES = {
    "fid_c": ("FID-c", 3),
    "precision": ("precision", 3),
    "recall": ("recall", 3),
    "density": ("density", 3),
    "coverage": ("coverage", 3),
    "right_class": ("right class", 4),
    "elbo": ("ELBO", 2),
    "nll": ("NLL", 2),
}


# The runs.


@dataclass(frozen=True)
class Job:
    """One run of a row: budget, seed, folder, every setting."""

    row: Row
    minutes: float
    seed: int
    folder: Path
    settings: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called in messages and folders."""
        return f"{self.row.name}-{self.minutes:g}min-seed{self.seed}"


def jobs(arguments: argparse.Namespace) -> list[Job]:
    """Return all runs that are asked for, short ones first."""
    data = (f"data.source={json.dumps(arguments.data, ensure_ascii=False)}",)
    return [
        Job(
            row,
            minutes,
            seed,
            arguments.out / f"{row.name}-{minutes:g}min-seed{seed}",
            (*row.settings, *ALWAYS, f"budget.cpu_minutes={minutes:g}", *data, *arguments.settings),
        )
        for minutes in sorted(arguments.minutes)
        for seed in arguments.seeds
        for row in ROWS
        if not arguments.only or row.name in arguments.only
    ]


def finished(job: Job) -> dict[str, Any] | None:
    """Return the record of a run of just this recipe and seed, None when there is none."""
    from openbeian.manifest import Fault
    from openbeian.studio.recipes import as_plain, load_recipe
    from openbeian.studio.runs.folder import load_run

    try:
        facts = load_run(job.folder)
    except Fault:
        return None
    wanted = as_plain(load_recipe(job.row.recipe, job.settings))
    return facts if facts["recipe"] == wanted and facts["seed"] == job.seed else None


def run(job: Job, cache: Path) -> str:
    """Train in a process of its own unless it is done; return what went wrong, or nothing."""
    if finished(job):
        return ""
    print(f"{job.name}: training", file=sys.stderr)
    command = [sys.executable, __file__, "--train", job.row.recipe, "--out", str(job.folder), "--cache", str(cache)]
    command += ["--seeds", str(job.seed), *(f"--set={setting}" for setting in job.settings)]
    done = subprocess.run(
        command, check=False, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    said = done.stderr.strip().splitlines()
    return (said[-1] if said else f"exit code {done.returncode}") if done.returncode else ""


def train_one(arguments: argparse.Namespace) -> None:
    """Be the process that trains: resume where there is something of the same run, else begin."""
    from openbeian.manifest import Fault
    from openbeian.studio import train
    from openbeian.studio.runs.folder import CHECKPOINT

    def once(*, is_resumed: bool) -> None:
        train(
            arguments.train,
            out=arguments.out,
            seed=arguments.seeds[0],
            settings=arguments.settings,
            cache=arguments.cache,
            is_resumed=is_resumed,
        )

    try:
        try:
            once(is_resumed=(arguments.out / CHECKPOINT).exists())
        except Fault as fault:
            if fault.code not in {"other-run", "weights-broken", "no-checkpoint", "run-finished"}:
                raise
            once(is_resumed=False)
    except Fault as fault:
        sys.exit(f"{fault.code}: {fault.message}")
    except KeyboardInterrupt:
        sys.exit(130)


# The table.


def quality_table(records: Mapping[tuple[Row, float], Sequence[Mapping[str, Any]]]) -> list[str]:
    """Return one line for each row and budget that has at least one record."""
    head = ["recipe", "CPU-min", "seeds", "steps", "CPU-s", *(title for title, _ in FIGURES.values())]
    rows = []
    for (row, minutes), found in records.items():
        if found:
            steps = [facts["steps"] for facts in found]
            seconds = [facts["cpu_seconds"]["training"] for facts in found]
            seeds = ", ".join(str(facts["seed"]) for facts in found)
            told = [f"{minutes:g}", seeds, _range(steps, 0), _range(seconds, 0)]
            rows.append([f"{row.name}: {row.title}", *told, *_cells(found)])
    return table(head, rows)


def _cells(found: Sequence[Mapping[str, Any]]) -> list[str]:
    return [_cell([facts["results"] for facts in found], name, places) for name, (_, places) in FIGURES.items()]


def _cell(results: Sequence[Mapping[str, Any]], name: str, places: int) -> str:
    """Return the mean over seeds with the least and the most of them; of one seed, with its own bootstrap interval."""
    if any(name not in one for one in results):
        return "–"
    values = [one[name] for one in results]
    ends = values if len(values) > 1 else results[0]["spread"][name]
    # A bound of another likelihood than black and white is of another kind, and must not be read beside those.
    mark = " \\*" if name == "elbo" and results[0]["likelihood"]["observation"] != "bernoulli" else ""
    middle, low, high = (f"{value:.{places}f}" for value in (statistics.mean(values), min(ends), max(ends)))
    return (middle if low == high else f"{middle} ({low} to {high})") + mark


def _range(values: Sequence[float], places: int) -> str:
    least, most = (f"{value:,.{places}f}" for value in (min(values), max(values)))
    return least if least == most else f"{least} to {most}"


def verdicts(records: Mapping[tuple[Row, float], Sequence[Mapping[str, Any]]]) -> list[str]:
    """Hold every target against the worst of the seeds."""
    found = {(row.name, minutes): facts for (row, minutes), facts in records.items() if facts}
    return [_verdict(target, found.get((target.row, target.minutes), ())) for target in TARGETS]


def _verdict(target: Target, found: Sequence[Mapping[str, Any]]) -> str:
    values = [facts["results"][target.figure] for facts in found if target.figure in facts["results"]]
    title, places = FIGURES[target.figure]
    sign = "≤" if target.is_most else "≥"
    aim = f" (aim {target.aim:.{places}f})" if target.aim is not None else ""
    begin = f"- {target.row}, {target.minutes:g} CPU-min: {title} {sign} {target.bound:.{places}f}{aim}"
    if not values:
        return f"{begin}: not run"
    worst = max(values) if target.is_most else min(values)
    return f"{begin}: {worst:.{places}f} at worst: {met(target.reached(values))}"


def basis(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what all figures rest on: data, reference, judge, floor, code. Where it is not the same for all, all is told."""
    told: dict[str, None] = {}
    for facts in records:
        told |= dict.fromkeys((_about_data(facts), _about_judge(facts["results"]), _about_code(facts)))
        said = facts["results"].get("likelihood", {})
        if said.get("importance_samples"):
            times, count = said["importance_samples"], said["count"]
            told[f"NLL: {times} importance samples a picture on {count:,} test pictures, in nats."] = None
    return list(told)


def _about_data(facts: Mapping[str, Any]) -> str:
    data, results = facts["data"], facts["results"]
    trained = f"Data {data['name']}, {data['train']:,} training pictures, sha256 {data['sha256'][:16]}"
    near, against = (
        results["neighbours"],
        f"{results['samples']:,} samples against {results['reference']['count']:,} test pictures",
    )
    return (
        f"{trained}; {against}, neighbourhoods of {near['k']} on {near['samples']:,} and {near['reference']:,} of them."
    )


def _about_judge(results: Mapping[str, Any]) -> str:
    judge, floor = results["judge"], results["floor"]
    reached = ", ".join(f"{FIGURES[name][0]} {floor[name]:.3f}" for name in FIGURES if name in floor)
    return f"Judge sha256 {judge['sha256'][:16]}, accuracy {judge['accuracy']:.2%}; floor (training pictures in place of samples): {reached}."


def _about_code(facts: Mapping[str, Any]) -> str:
    where = facts["environment"]
    return f"Code sha256 {facts['code']['sha256'][:16]}; torch {where['torch']}, threads {where['threads']}, {where['precision']}."


def report(done: Mapping[Job, Mapping[str, Any]], failed: Mapping[Job, str]) -> str:
    """Return everything as Markdown."""
    records: dict[tuple[Row, float], list[Mapping[str, Any]]] = {}
    for job, facts in done.items():
        records.setdefault((job.row, job.minutes), []).append(facts)
    order = dict(sorted(records.items(), key=lambda item: (ROWS.index(item[0][0]), item[0][1])))
    lines = [f"# Quality of the studio's recipes by CPU minutes, {today()}", "", machine(), ""]
    lines += [
        "Mean over seeds (least to most); of one seed, its bootstrap interval. CPU-min is process CPU time of training alone.",
        "\\* a Gaussian bound of fixed variance without its constant, not to be compared with the others.",
        "",
    ]
    lines += [*basis(done.values()), "", *quality_table(order), "", *verdicts(order), ""]
    lines += [f"- {job.name}: no figures ({reason})" for job, reason in failed.items()]
    return "\n".join([*lines, ""] if failed else lines)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--minutes",
        type=lambda text: [float(one) for one in text.split(",")],
        default=[3.0, 10.0],
        help="CPU minutes, 3,10",
    )
    parser.add_argument("--seeds", type=lambda text: [int(one) for one in text.split(",")], default=[1, 2], help="1,2")
    parser.add_argument("--only", action="append", choices=[row.name for row in ROWS], help="can be given again")
    parser.add_argument("--data", default="digits", help="folder with MNIST's four files; the shipped 5,000 without")
    parser.add_argument("--out", type=Path, default=Path("runs/studio-quality"), help="where the runs are kept")
    parser.add_argument("--cache", type=Path, help="where judges are kept; by default a folder of --out", default=None)
    parser.add_argument("--jobs", type=int, default=1, help="runs at once, a thread each")
    parser.add_argument("--set", dest="settings", action="append", default=[], help="a setting of every recipe")
    parser.add_argument(
        "--table", type=Path, default=HERE / "results" / f"studio-quality-{today()}.md", help="where it is written"
    )
    parser.add_argument("--train", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Run what is not there yet, print the table and write it."""
    arguments = parse()
    if arguments.train:
        train_one(arguments)
        return
    todo = jobs(arguments)
    cache = arguments.cache or arguments.out / "cache"
    try:
        with ThreadPoolExecutor(arguments.jobs) as pool:
            reasons = list(pool.map(lambda job: run(job, cache), todo))
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on where it was")
    done = {job: facts for job in todo if (facts := finished(job))}
    text = report(done, {job: reason for job, reason in zip(todo, reasons, strict=True) if reason})
    arguments.table.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
