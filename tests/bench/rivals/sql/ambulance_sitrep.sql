-- The daily ambulance SitRep: the table, the types and the rules of its contract.
CREATE TABLE IF NOT EXISTS ambulance_sitrep (
    org_code VARCHAR,
    report_date DATE,
    calls_answered INTEGER,
    call_answer_mean_seconds DOUBLE,
    call_answer_p90_seconds DOUBLE,
    call_answer_p95_seconds DOUBLE,
    call_answer_p99_seconds DOUBLE,
    incidents INTEGER,
    incidents_c1 INTEGER,
    incidents_c2 INTEGER,
    incidents_c3 INTEGER,
    incidents_c4 INTEGER,
    response_c1_mean_seconds DOUBLE,
    response_c1_p90_seconds DOUBLE,
    response_c2_mean_seconds DOUBLE,
    response_c2_p90_seconds DOUBLE,
    response_c3_mean_seconds DOUBLE,
    response_c3_p90_seconds DOUBLE,
    response_c4_mean_seconds DOUBLE,
    response_c4_p90_seconds DOUBLE,
    hear_and_treat INTEGER,
    see_and_treat INTEGER,
    conveyed_to_ed INTEGER,
    conveyed_elsewhere INTEGER,
    handovers INTEGER,
    handovers_over_15_minutes INTEGER,
    handovers_over_30_minutes INTEGER,
    handovers_over_60_minutes INTEGER,
    handover_time_lost_hours DOUBLE,
    unit_hours_planned DOUBLE,
    unit_hours_deployed DOUBLE,
    reap_level INTEGER,
    file_name VARCHAR,
    made_at TIMESTAMP
);

-- Step 3: cells as values.
CREATE OR REPLACE TEMP TABLE typed AS
SELECT cells[1] AS org_code,
       TRY_CAST(cells[2] AS DATE) AS report_date,
       numbers[1] AS calls_answered,
       numbers[2] AS call_answer_mean_seconds,
       numbers[3] AS call_answer_p90_seconds,
       numbers[4] AS call_answer_p95_seconds,
       numbers[5] AS call_answer_p99_seconds,
       numbers[6] AS incidents,
       numbers[7] AS incidents_c1,
       numbers[8] AS incidents_c2,
       numbers[9] AS incidents_c3,
       numbers[10] AS incidents_c4,
       numbers[11] AS response_c1_mean_seconds,
       numbers[12] AS response_c1_p90_seconds,
       numbers[13] AS response_c2_mean_seconds,
       numbers[14] AS response_c2_p90_seconds,
       numbers[15] AS response_c3_mean_seconds,
       numbers[16] AS response_c3_p90_seconds,
       numbers[17] AS response_c4_mean_seconds,
       numbers[18] AS response_c4_p90_seconds,
       numbers[19] AS hear_and_treat,
       numbers[20] AS see_and_treat,
       numbers[21] AS conveyed_to_ed,
       numbers[22] AS conveyed_elsewhere,
       numbers[23] AS handovers,
       numbers[24] AS handovers_over_15_minutes,
       numbers[25] AS handovers_over_30_minutes,
       numbers[26] AS handovers_over_60_minutes,
       numbers[27] AS handover_time_lost_hours,
       numbers[28] AS unit_hours_planned,
       numbers[29] AS unit_hours_deployed,
       numbers[30] AS reap_level,
       file_name, made_at, code, row_number, cells, numbers
FROM (SELECT *, list_transform(cells[3:32], lambda cell: number_of(cell)) AS numbers FROM line);

-- Step 4: the rules as predicates. Nothing fails by comparison with a missing value.
CREATE OR REPLACE TEMP TABLE checked AS
SELECT *,
       list_filter([
           CASE WHEN len(cells) != 32 THEN 'ROW-003' END,
           CASE WHEN len(list_filter(cells[3:32], lambda cell: NOT is_missing(cell)))
                     != len(list_filter(numbers, lambda number: number IS NOT NULL)) THEN 'CELL-001' END,
           CASE WHEN len(list_filter(list_transform(
                    numbers[1:1] || numbers[6:10] || numbers[19:26] || numbers[30:30],
                    lambda n: n - floor(n)), lambda n: n > 0)) > 0 THEN 'CELL-002' END,
           CASE WHEN org_code = '' THEN 'CELL-003' END,
           CASE WHEN report_date IS NULL THEN 'CELL-004' END,
           CASE WHEN org_code != code THEN 'ROW-002' END,
           CASE WHEN report_date < made_at::DATE - 14 THEN 'SLOT-001' END,
           CASE WHEN list_min(numbers[1:29]) < 0 THEN 'AMB-001' END,
           CASE WHEN org_code != 'R1F' AND org_code NOT IN (
                    SELECT org_code FROM organisation WHERE org_type = 'ambulance_service')
                THEN 'AMB-002' END,
           CASE WHEN report_date > $now::DATE THEN 'AMB-003' END,
           CASE WHEN count(*) OVER (PARTITION BY file_name, org_code, report_date) > 1
                THEN 'AMB-004' END,
           CASE WHEN handovers_over_15_minutes > handovers
                  OR handovers_over_30_minutes > coalesce(handovers_over_15_minutes, handovers)
                  OR handovers_over_60_minutes > coalesce(
                         handovers_over_30_minutes, handovers_over_15_minutes, handovers)
                THEN 'AMB-005' END,
           CASE WHEN greatest(incidents_c1, incidents_c2, incidents_c3, incidents_c4, hear_and_treat,
                              see_and_treat, conveyed_to_ed, conveyed_elsewhere) > incidents
                THEN 'AMB-006' END,
           CASE WHEN hear_and_treat + see_and_treat + conveyed_to_ed + conveyed_elsewhere > incidents
                THEN 'AMB-007' END,
           CASE WHEN reap_level NOT BETWEEN 1 AND 4 THEN 'AMB-008' END
       ], lambda code: code IS NOT NULL) AS rejections,
       list_filter([
           CASE WHEN response_c1_mean_seconds > response_c1_p90_seconds
                  OR response_c2_mean_seconds > response_c2_p90_seconds
                  OR response_c3_mean_seconds > response_c3_p90_seconds
                  OR response_c4_mean_seconds > response_c4_p90_seconds
                  OR call_answer_p90_seconds > call_answer_p95_seconds
                  OR call_answer_p95_seconds > call_answer_p99_seconds THEN 'AMB-009' END,
           CASE WHEN abs(incidents_c1 + incidents_c2 + incidents_c3 + incidents_c4 - incidents)
                     > incidents * 0.01 THEN 'AMB-010' END,
           CASE WHEN calls_answered > 12000
                  OR call_answer_mean_seconds > 450
                  OR call_answer_p90_seconds > 1200
                  OR call_answer_p95_seconds > 1600
                  OR call_answer_p99_seconds > 2500
                  OR incidents > 9000
                  OR incidents_c1 > 1200
                  OR incidents_c2 > 5000
                  OR incidents_c3 > 2500
                  OR incidents_c4 > 400
                  OR response_c1_mean_seconds > 2000
                  OR response_c1_p90_seconds > 3200
                  OR response_c2_mean_seconds > 20000
                  OR response_c2_p90_seconds > 48000
                  OR response_c3_mean_seconds > 45000
                  OR response_c3_p90_seconds > 115000
                  OR response_c4_mean_seconds > 67000
                  OR response_c4_p90_seconds > 140000
                  OR hear_and_treat > 2000
                  OR see_and_treat > 3000
                  OR conveyed_to_ed > 5000
                  OR conveyed_elsewhere > 700
                  OR handovers > 5000
                  OR handovers_over_15_minutes > 5000
                  OR handovers_over_30_minutes > 4000
                  OR handovers_over_60_minutes > 3000
                  OR handover_time_lost_hours > 5000
                  OR unit_hours_planned > 20000
                  OR unit_hours_deployed > 20000 THEN 'AMB-011' END
       ], lambda code: code IS NOT NULL) AS warnings
FROM typed;
