"""A sweep ends: close its sums; then, asked again, write the study's report for people."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from wearline.aws.measuring import measure_waiting
from wearline.aws.world import audit_chain, world
from wearline.flow.catalog import finish_sweep
from wearline.flow.studies import deployed_study

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    study = deployed_study(world(), event["study"])
    if study is None:
        return {"study": event["study"]}
    if event.get("step") == "report":
        from wearline.flow.study_report import write_report

        logger.info("report written", study=study.name, bytes=write_report(world(), study))
        return {"study": study.name}
    report = finish_sweep(
        world(),
        study,
        event["sweep"],
        event["started"],
        event["sections"],
        event["unreadable"],
        audit_chain(study.name),
    )
    metrics.add_metric("SweepFinished", MetricUnit.Count, 1)
    metrics.add_metric("Waiting", MetricUnit.Count, report["pipelines"]["waiting"])
    metrics.add_metric("Ready", MetricUnit.Count, report["pipelines"]["ready"] - report["held"])
    metrics.add_metric("HeldByBudget", MetricUnit.Count, report["held"])
    metrics.add_metric("WaitingBeyondLimit", MetricUnit.Count, report["overdue"])
    measure_waiting(report["waiting_for"])
    metrics.add_metric("Recovered", MetricUnit.Count, report["recovered"])
    metrics.add_metric("Unaccounted", MetricUnit.Count, report["unaccounted"])
    metrics.add_metric("ResultsAltered", MetricUnit.Count, report["results_altered"])
    metrics.add_metric("BucketsUnreadable", MetricUnit.Count, len(report["unreadable"]))
    metrics.add_metric("RunningForADay", MetricUnit.Count, report["running_for_a_day"])
    logger.info("finished", study=study.name, listed=report["listed"])
    return report
