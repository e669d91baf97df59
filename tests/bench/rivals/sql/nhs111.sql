-- NHS 111 every 15 minutes: the table, the types and the rules of its contract.
CREATE TABLE IF NOT EXISTS nhs111 (
    contract_code VARCHAR,
    slot_start TIMESTAMP,
    calls_received INTEGER,
    calls_answered INTEGER,
    calls_answered_within_60_seconds INTEGER,
    calls_abandoned INTEGER,
    answer_time_total_seconds DOUBLE,
    calls_triaged INTEGER,
    clinical_input_calls INTEGER,
    callback_queue INTEGER,
    outcome_ambulance INTEGER,
    outcome_ed INTEGER,
    outcome_primary_care INTEGER,
    outcome_self_care INTEGER,
    outcome_other INTEGER,
    file_name VARCHAR,
    made_at TIMESTAMP
);

-- Step 3: cells as values.
CREATE OR REPLACE TEMP TABLE typed AS
SELECT cells[1] AS contract_code,
       TRY_CAST(cells[2] AS TIMESTAMP) AS slot_start,
       numbers[1] AS calls_received,
       numbers[2] AS calls_answered,
       numbers[3] AS calls_answered_within_60_seconds,
       numbers[4] AS calls_abandoned,
       numbers[5] AS answer_time_total_seconds,
       numbers[6] AS calls_triaged,
       numbers[7] AS clinical_input_calls,
       numbers[8] AS callback_queue,
       numbers[9] AS outcome_ambulance,
       numbers[10] AS outcome_ed,
       numbers[11] AS outcome_primary_care,
       numbers[12] AS outcome_self_care,
       numbers[13] AS outcome_other,
       file_name, made_at, code, row_number, cells, numbers
FROM (SELECT *, list_transform(cells[3:15], lambda cell: number_of(cell)) AS numbers FROM line);

-- Step 4: the rules as predicates. Nothing fails by comparison with a missing value.
CREATE OR REPLACE TEMP TABLE checked AS
SELECT *,
       list_filter([
           CASE WHEN len(cells) != 15 THEN 'ROW-003' END,
           CASE WHEN len(list_filter(cells[3:15], lambda cell: NOT is_missing(cell)))
                     != len(list_filter(numbers, lambda number: number IS NOT NULL)) THEN 'CELL-001' END,
           CASE WHEN len(list_filter(list_transform(numbers[1:4] || numbers[6:13],
                    lambda n: n - floor(n)), lambda n: n > 0)) > 0 THEN 'CELL-002' END,
           CASE WHEN contract_code = '' THEN 'CELL-003' END,
           CASE WHEN slot_start IS NULL THEN 'CELL-007' END,
           CASE WHEN list_min(numbers) < 0 THEN 'NHS-001' END,
           CASE WHEN contract_code NOT IN (SELECT contract_code FROM contract_area) THEN 'NHS-002' END,
           CASE WHEN slot_start > $now THEN 'NHS-003' END,
           CASE WHEN epoch(slot_start) % 900 != 0 THEN 'NHS-004' END,
           CASE WHEN count(*) OVER (PARTITION BY file_name, contract_code, slot_start) > 1
                THEN 'NHS-005' END,
           CASE WHEN calls_answered_within_60_seconds > calls_answered
                  OR outcome_ambulance > calls_triaged
                  OR outcome_ed > calls_triaged
                  OR outcome_primary_care > calls_triaged
                  OR outcome_self_care > calls_triaged
                  OR outcome_other > calls_triaged THEN 'NHS-006' END,
           CASE WHEN outcome_ambulance + outcome_ed + outcome_primary_care + outcome_self_care
                     + outcome_other > calls_triaged THEN 'NHS-007' END,
           CASE WHEN greatest(calls_answered, calls_abandoned) - calls_received
                     > greatest(20, calls_received) THEN 'NHS-008' END
       ], lambda code: code IS NOT NULL) AS rejections,
       list_filter([
           CASE WHEN calls_answered > calls_received OR calls_abandoned > calls_received
                THEN 'NHS-009' END,
           CASE WHEN calls_received > 500
                  OR calls_answered > 500
                  OR calls_answered_within_60_seconds > 500
                  OR calls_abandoned > 500
                  OR answer_time_total_seconds > 1800000
                  OR calls_triaged > 500
                  OR clinical_input_calls > 500
                  OR callback_queue > 2000
                  OR outcome_ambulance > 200
                  OR outcome_ed > 200
                  OR outcome_primary_care > 400
                  OR outcome_self_care > 300
                  OR outcome_other > 300 THEN 'NHS-010' END
       ], lambda code: code IS NOT NULL) AS warnings
FROM typed;
