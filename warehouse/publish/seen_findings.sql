-- What was found in files by day, up to the day before that of `moment`: of that day it is not known what
-- was found by then.
INSERT INTO seen.main.finding_day BY NAME
FROM later.main.finding_day WHERE day < london_day({{ moment | instant }});

COPY seen.main.finding_day TO {{ copy | text }} (FORMAT parquet)
