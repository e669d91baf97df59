"""The Airflow notifier of tasks whose failure the watch itself cannot report."""

from typing import Any

from airflow.sdk.bases.notifier import BaseNotifier


class TaskFailedNotifier(BaseNotifier):
    """Reports a failed task in its log, and by e-mail and webhook where they are configured.

    `meaning` says what the failure means for whom.
    """

    template_fields = ("meaning",)

    def __init__(self, meaning: str) -> None:
        super().__init__()
        self.meaning = meaning

    def notify(self, context: Any) -> None:
        """The channels have the alert, unless they had it in the last hour."""
        from pipelines.watch.task_failed import tell_task_failed

        task = context["ti"]
        tell_task_failed(
            task.dag_id, task.task_id, task.run_id, context.get("exception"), self.meaning
        )
