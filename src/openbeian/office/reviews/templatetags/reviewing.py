"""Names of verdicts, seats, populations and classes for the review pages."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from openbeian.assessment.review import Population, Seat, Verdict
from openbeian.assessment.rulebook import rule_book
from openbeian.office.reviews import words
from openbeian.office.wording import in_chinese

register = template.Library()


@register.filter
def verdict_name(verdict: str) -> str:
    """Return what a verdict is called."""
    return str(words.VERDICTS[Verdict(verdict)][0])


@register.filter
def verdict_meaning(verdict: str) -> str:
    """Return what a verdict means."""
    return str(words.VERDICTS[Verdict(verdict)][1])


@register.filter
def seat_name(seat: str) -> str:
    """Return what a seat is called."""
    return str(words.SEATS[Seat(seat)])


@register.filter
def population_name(population: str) -> str:
    """Return what a sample was drawn from."""
    return str(words.POPULATIONS[Population(population)])


@register.filter
def population_question(population: str) -> str:
    """Return what is asked of every item."""
    return str(words.QUESTIONS[Population(population)])


@register.filter
def class_name(stratum: str) -> SafeString:
    """Return the Chinese name of a risk class; a stratum that is none, such as a file of a corpus, keeps its own name."""
    name = rule_book().names.get(stratum, stratum)
    return format_html("{}" if in_chinese() else '<span lang="zh-Hans">{}</span>', name)


@register.filter
def percent(share: float | None) -> str:
    """Write a share as a percentage; a dash where there is none."""
    return "—" if share is None else f"{100 * share:.1f}%"


@register.filter
def coefficient(value: float | None) -> str:
    """Write a coefficient of agreement; a dash where it is not defined."""
    return "—" if value is None else f"{value:.3f}"
