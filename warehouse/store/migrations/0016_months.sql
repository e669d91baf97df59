-- England per month and measure, of collections whose slots are months. A month is its first day.
CREATE TABLE IF NOT EXISTS warehouse.mart.national_monthly (
    month DATE,
    collection VARCHAR,
    measure VARCHAR,
    value DOUBLE,
    unit VARCHAR,
    organisations BIGINT,
    published_value DOUBLE,
    sites_reporting BIGINT
);
