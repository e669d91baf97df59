-- What the tables of now are made from, empty: who is expected, the values, the measures, and changes.
CREATE OR REPLACE TEMP TABLE now_expected (
    collection VARCHAR, feed_id VARCHAR, org_code VARCHAR, org_name VARCHAR, site_code VARCHAR,
    region_code VARCHAR, region_name VARCHAR, expected_from DATE, basis VARCHAR
);
CREATE OR REPLACE TEMP TABLE now_value (
    collection VARCHAR, org_code VARCHAR, site_code VARCHAR, slot_start TIMESTAMP,
    slot_end TIMESTAMP, measure VARCHAR, numerator DOUBLE, denominator DOUBLE,
    submission_id VARCHAR, recorded_at TIMESTAMP, received_at TIMESTAMP, is_newest BOOLEAN, is_national BOOLEAN
);
CREATE OR REPLACE TEMP TABLE now_measure (
    collection VARCHAR, place INTEGER, measure VARCHAR, unit VARCHAR,
    kind VARCHAR,             -- sum, max, count_reporting, ratio, none
    factor INTEGER,           -- of a ratio: 100 for a share in %
    organisations VARCHAR,    -- what they are called: trusts
    has_sites BOOLEAN
);
CREATE OR REPLACE TEMP TABLE now_change (
    collection VARCHAR, org_code VARCHAR, org_name VARCHAR, site_code VARCHAR,
    slot_start TIMESTAMP, measure VARCHAR, value_before DOUBLE, value_after DOUBLE,
    changed_at TIMESTAMP, submission_before VARCHAR, submission_after VARCHAR
)
