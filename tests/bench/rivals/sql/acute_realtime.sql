-- Acute trusts in near real time: the table, the types and the rules of its contract.
CREATE TABLE IF NOT EXISTS acute_realtime (
    org_code VARCHAR,
    site_code VARCHAR,
    slot_start TIMESTAMP,
    patients_in_department INTEGER,
    patients_in_resus INTEGER,
    patients_in_majors INTEGER,
    arrivals INTEGER,
    ambulance_arrivals INTEGER,
    departures INTEGER,
    departures_within_4_hours INTEGER,
    ambulances_waiting INTEGER,
    ambulances_waiting_over_15_minutes INTEGER,
    ambulances_waiting_over_30_minutes INTEGER,
    ambulances_waiting_over_60_minutes INTEGER,
    longest_handover_wait_minutes DOUBLE,
    patients_over_4_hours INTEGER,
    patients_over_12_hours INTEGER,
    awaiting_admission INTEGER,
    longest_wait_minutes DOUBLE,
    median_time_to_treatment_minutes DOUBLE,
    attendances_since_midnight INTEGER,
    four_hour_breaches_since_midnight INTEGER,
    admissions_since_midnight INTEGER,
    ga_beds_open INTEGER,
    ga_beds_occupied INTEGER,
    opel_level INTEGER,
    file_name VARCHAR,
    made_at TIMESTAMP
);

-- Step 3: cells as values.
CREATE OR REPLACE TEMP TABLE typed AS
SELECT cells[1] AS org_code,
       cells[2] AS site_code,
       TRY_CAST(cells[3] AS TIMESTAMP) AS slot_start,
       numbers[1] AS patients_in_department,
       numbers[2] AS patients_in_resus,
       numbers[3] AS patients_in_majors,
       numbers[4] AS arrivals,
       numbers[5] AS ambulance_arrivals,
       numbers[6] AS departures,
       numbers[7] AS departures_within_4_hours,
       numbers[8] AS ambulances_waiting,
       numbers[9] AS ambulances_waiting_over_15_minutes,
       numbers[10] AS ambulances_waiting_over_30_minutes,
       numbers[11] AS ambulances_waiting_over_60_minutes,
       numbers[12] AS longest_handover_wait_minutes,
       numbers[13] AS patients_over_4_hours,
       numbers[14] AS patients_over_12_hours,
       numbers[15] AS awaiting_admission,
       numbers[16] AS longest_wait_minutes,
       numbers[17] AS median_time_to_treatment_minutes,
       numbers[18] AS attendances_since_midnight,
       numbers[19] AS four_hour_breaches_since_midnight,
       numbers[20] AS admissions_since_midnight,
       numbers[21] AS ga_beds_open,
       numbers[22] AS ga_beds_occupied,
       numbers[23] AS opel_level,
       file_name, made_at, code, row_number, cells, numbers
FROM (SELECT *, list_transform(cells[4:26], lambda cell: number_of(cell)) AS numbers FROM line);

-- Step 4: the rules as predicates. Nothing fails by comparison with a missing value.
CREATE OR REPLACE TEMP TABLE checked AS
SELECT *,
       list_filter([
           CASE WHEN len(cells) != 26 THEN 'ROW-003' END,
           CASE WHEN len(list_filter(cells[4:26], lambda cell: NOT is_missing(cell)))
                     != len(list_filter(numbers, lambda number: number IS NOT NULL)) THEN 'CELL-001' END,
           CASE WHEN len(list_filter(list_transform(
                    [patients_in_department, patients_in_resus, patients_in_majors, arrivals,
                     ambulance_arrivals, departures, departures_within_4_hours,
                     ambulances_waiting, ambulances_waiting_over_15_minutes,
                     ambulances_waiting_over_30_minutes, ambulances_waiting_over_60_minutes,
                     patients_over_4_hours,
                     patients_over_12_hours, awaiting_admission, attendances_since_midnight,
                     four_hour_breaches_since_midnight, admissions_since_midnight, ga_beds_open,
                     ga_beds_occupied, opel_level], lambda n: n - floor(n)), lambda n: n > 0)) > 0
                THEN 'CELL-002' END,
           CASE WHEN org_code = '' OR site_code = '' THEN 'CELL-003' END,
           CASE WHEN slot_start IS NULL THEN 'CELL-007' END,
           CASE WHEN org_code != code THEN 'ROW-002' END,
           CASE WHEN list_min(numbers[1:22]) < 0 THEN 'ART-001' END,
           CASE WHEN org_code NOT IN (SELECT org_code FROM organisation) THEN 'ART-002' END,
           CASE WHEN NOT regexp_full_match(site_code, '[A-Z0-9]{5,}') THEN 'ART-003' END,
           CASE WHEN slot_start > $now THEN 'ART-004' END,
           CASE WHEN epoch(slot_start) % 900 != 0 THEN 'ART-005' END,
           CASE WHEN count(*) OVER (PARTITION BY file_name, org_code, site_code, slot_start) > 1
                THEN 'ART-006' END,
           CASE WHEN patients_over_12_hours > patients_over_4_hours
                  OR patients_over_12_hours > patients_in_department
                  OR patients_over_4_hours > patients_in_department
                  OR patients_in_resus > patients_in_department
                  OR patients_in_majors > patients_in_department
                  OR ambulance_arrivals > arrivals
                  OR departures_within_4_hours > departures
                  OR ambulances_waiting_over_15_minutes > ambulances_waiting
                  OR ambulances_waiting_over_30_minutes > ambulances_waiting_over_15_minutes
                  OR ambulances_waiting_over_60_minutes > ambulances_waiting_over_30_minutes
                THEN 'ART-007' END,
           CASE WHEN patients_in_resus + patients_in_majors > patients_in_department
                THEN 'ART-008' END,
           CASE WHEN opel_level NOT BETWEEN 1 AND 4 THEN 'ART-009' END
       ], lambda code: code IS NOT NULL) AS rejections,
       list_filter([
           CASE WHEN ga_beds_occupied > ga_beds_open
                  OR awaiting_admission > patients_in_department THEN 'ART-010' END,
           CASE WHEN patients_in_department > 800
                  OR patients_in_resus > 60
                  OR patients_in_majors > 300
                  OR arrivals > 80
                  OR ambulance_arrivals > 40
                  OR departures > 160
                  OR departures_within_4_hours > 160
                  OR ambulances_waiting > 80
                  OR ambulances_waiting_over_15_minutes > 80
                  OR ambulances_waiting_over_30_minutes > 80
                  OR ambulances_waiting_over_60_minutes > 80
                  OR longest_handover_wait_minutes > 1440
                  OR patients_over_4_hours > 500
                  OR patients_over_12_hours > 300
                  OR awaiting_admission > 300
                  OR longest_wait_minutes > 10080
                  OR median_time_to_treatment_minutes > 1440
                  OR attendances_since_midnight > 3000
                  OR four_hour_breaches_since_midnight > 1100
                  OR admissions_since_midnight > 800
                  OR ga_beds_open > 5000
                  OR ga_beds_occupied > 5000 THEN 'ART-011' END
       ], lambda code: code IS NOT NULL) AS warnings
FROM typed;
