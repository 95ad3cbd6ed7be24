"""A budget of time becomes a number of steps once, and the steps decide everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.studio


def _schedule(*arguments):
    from openbeian.studio.training.schedule import Schedule

    return Schedule(*arguments)


@given(st.floats(0.001, 0.5), st.sampled_from([0.2, 0.25, 0.4, 0.5, 0.6]), st.floats(1, 200))
def test_a_budget_of_time_is_kept_at_any_pace_and_ends_with_a_rate_of_nothing(pace, fall, budget):
    schedule = _schedule(0, fall, budget, None)
    done = 0
    while not schedule.is_over(done, done * pace):
        done += 20
        schedule.decide(done, done * pace)
    if schedule.steps is not None:
        assert schedule.steps * pace <= budget + 2 * 20 * pace / (1 - fall)
        assert schedule.rate(schedule.steps) == pytest.approx(0, abs=1e-12)


@given(st.integers(1, 5000), st.integers(0, 50), st.sampled_from([0.0, 0.3, 0.6]))
def test_the_rate_rises_stays_and_falls(steps, warm_up, fall):
    schedule = _schedule(warm_up, fall, None, steps)
    rates = [schedule.rate(done) for done in range(steps)]
    assert all(0 <= rate <= 1 for rate in rates)
    begin = round(steps * (1 - fall)) if fall else steps
    rising = min(warm_up, begin)
    assert rates[:rising] == sorted(rates[:rising])
    begin = max(begin, warm_up)
    assert rates[begin:] == sorted(rates[begin:], reverse=True)


def test_the_same_steps_have_the_same_rates_whether_counted_or_clocked():
    clocked, counted = _schedule(5, 0.5, 100.0, None), _schedule(5, 0.5, None, 200)
    for done in range(0, 101, 20):
        clocked.decide(done, done * 0.5)
    assert clocked.steps == 200
    assert [clocked.rate(done) for done in range(200)] == [counted.rate(done) for done in range(200)]


def test_the_clock_has_the_last_word():
    schedule = _schedule(0, 0.5, 10.0, 1000)
    assert schedule.is_over(5, 10.0)
    assert schedule.is_over(1000, 1.0)
    assert not schedule.is_over(999, 9.9)
