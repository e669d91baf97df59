"""How DuckDB reaches the object store of a lake: with the same access as every program of S3."""

from urllib.parse import urlsplit

from pipelines.base.errors import ConfigurationError
from pipelines.base.secrets import remember
from warehouse.store import literals


def bucket_secret() -> str:
    """The statement that gives DuckDB what boto3 finds: keys, region and address of the store.

    It is made anew at each opening, because the keys of a role end. Raises `ConfigurationError`
    where there are none.
    """
    import boto3

    session = boto3.Session()
    found = session.get_credentials()
    if found is None:
        raise ConfigurationError(
            "SITREP_WAREHOUSE_DATA names an object store, and nothing says who may use it. Set "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or give the machine a role."
        )
    keys = found.get_frozen_credentials()
    for secret in filter(None, (keys.secret_key, keys.token)):
        remember(secret)
    client = session.client("s3")
    told = {"KEY_ID": keys.access_key, "SECRET": keys.secret_key, "REGION": client.meta.region_name}
    if keys.token:
        told["SESSION_TOKEN"] = keys.token
    address = urlsplit(client.meta.endpoint_url)
    parts = [f"{name} {literals.text(str(value))}" for name, value in told.items() if value]
    if not (address.hostname or "").endswith("amazonaws.com"):
        is_safe = address.scheme == "https"
        parts += [
            f"ENDPOINT {literals.text(address.netloc)}",
            "URL_STYLE 'path'",
            f"USE_SSL {is_safe}",
        ]
    return f"CREATE OR REPLACE SECRET objects (TYPE s3, {', '.join(parts)})"
