"""DAGs of the pipeline: they schedule the steps of `pipelines/` and know nothing else."""
