"""Metrics of one process; how several count together is shown with real workers in test_serving."""

import re

from app.observability.metrics import Metrics


def value(metrics, name):
    found = re.search(rf"^{re.escape(name)} (\S+)$", metrics.exposition().decode(), re.MULTILINE)
    return None if found is None else float(found[1])


def test_requests_are_counted_by_route_and_status():
    metrics = Metrics.in_memory(version="1")
    metrics.request_began()
    assert value(metrics, "quoteguard_requests_in_progress") == 1
    metrics.request_ended(method="POST", route="/v1/quotes/check", status=200, seconds=0.004)
    assert value(metrics, "quoteguard_requests_in_progress") == 0
    assert value(metrics, 'quoteguard_requests_total{method="POST",route="/v1/quotes/check",status="200"}') == 1
    assert value(metrics, 'quoteguard_request_seconds_bucket{le="0.0025",route="/v1/quotes/check"}') == 0
    assert value(metrics, 'quoteguard_request_seconds_bucket{le="0.005",route="/v1/quotes/check"}') == 1


def test_a_method_that_somebody_made_up_is_no_new_label():
    metrics = Metrics.in_memory(version="1")
    metrics.request_ended(method="BREW", route="unmatched", status=405, seconds=0.001)
    assert value(metrics, 'quoteguard_requests_total{method="other",route="unmatched",status="405"}') == 1


def test_previews_are_counted_apart():
    metrics = Metrics.in_memory(version="1")
    metrics.decided(subject="quote", verdict="flag", preview=True)
    metrics.decided(subject="quote", verdict="flag", preview=False)
    assert value(metrics, 'quoteguard_decisions_total{preview="true",subject="quote",verdict="flag"}') == 1


def test_findings_and_what_could_not_be_judged_are_counted_by_policy():
    metrics = Metrics.in_memory(version="1")
    metrics.found([("line-price-floor", "flag"), ("line-price-floor", "flag")], ["minimum-uplift"])
    assert value(metrics, 'quoteguard_findings_total{effect="flag",policy="line-price-floor"}') == 2
    assert value(metrics, 'quoteguard_not_assessed_total{policy="minimum-uplift"}') == 1


def test_refusals_steps_reloads_and_the_build_are_shown():
    metrics = Metrics.in_memory(version="1.2.3")
    metrics.request_refused(reason="malformed-json")
    metrics.step_took("record", 0.002)
    metrics.policy_reload_failed()
    assert value(metrics, 'quoteguard_refused_requests_total{reason="malformed-json"}') == 1
    assert value(metrics, 'quoteguard_check_step_seconds_count{step="record"}') == 1
    assert value(metrics, "quoteguard_policy_reload_failures_total") == 1
    assert 'version="1.2.3"} 1.0' in metrics.exposition().decode()


def test_two_applications_in_one_process_do_not_share_a_count():
    first, second = Metrics.in_memory(version="1"), Metrics.in_memory(version="1")
    first.policy_reload_failed()
    assert value(second, "quoteguard_policy_reload_failures_total") == 0
