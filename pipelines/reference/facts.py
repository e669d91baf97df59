"""Facts that the ODS files do not hold: regions over time, names of closed trusts, spellings."""

from dataclasses import dataclass
from datetime import date

EARLIEST_VALID_FROM = date(2000, 1, 1)
# A trust that only the succession file remembers is kept if it closed on this day or later.
EARLIEST_CLOSURE_KEPT = date(2010, 4, 1)
SOUTH_SPLIT = date(2018, 4, 1)
SEVEN_REGIONS = date(2019, 4, 1)
OUTSIDE_ENGLAND = "W00"


@dataclass(frozen=True)
class Organisation:
    """One ODS code; `close_date` is None while it is open or where its closing is unknown."""

    org_code: str
    org_name: str
    org_type: str
    open_date: date | None
    close_date: date | None


@dataclass(frozen=True)
class Succession:
    """The successor has the predecessor's work from `legal_start_date` on."""

    predecessor_code: str
    successor_code: str
    legal_start_date: date


@dataclass(frozen=True)
class Region:
    """One name of one NHS England region."""

    region_code: str
    region_name: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class OrganisationRegion:
    """The region of one organisation over one interval."""

    org_code: str
    region_code: str
    valid_from: date
    valid_to: date | None


Record = Organisation | Succession | Region | OrganisationRegion


@dataclass(frozen=True)
class Listing:
    """What the ODS files say of one code.

    A region is None outside England and where the files do not give it.
    """

    organisation: Organisation
    old_region: str | None = None
    current_region: str | None = None


REGIONS = (
    Region("Y54", "North of England", EARLIEST_VALID_FROM, SEVEN_REGIONS),
    Region("Y55", "Midlands and East of England", EARLIEST_VALID_FROM, SEVEN_REGIONS),
    Region("Y56", "London", EARLIEST_VALID_FROM, None),
    Region("Y57", "South of England", EARLIEST_VALID_FROM, SOUTH_SPLIT),
    Region("Y58", "South West of England", SOUTH_SPLIT, SEVEN_REGIONS),
    Region("Y58", "South West", SEVEN_REGIONS, None),
    Region("Y59", "South East of England", SOUTH_SPLIT, SEVEN_REGIONS),
    Region("Y59", "South East", SEVEN_REGIONS, None),
    Region("Y60", "Midlands", SEVEN_REGIONS, None),
    Region("Y61", "East of England", SEVEN_REGIONS, None),
    Region("Y62", "North West", SEVEN_REGIONS, None),
    Region("Y63", "North East and Yorkshire", SEVEN_REGIONS, None),
)

# Which of the four regions each of the seven was cut from: so it is for all 202 trusts that have
# a region in both ODS lists.
OLD_REGION_OF = {
    "Y56": "Y56",
    "Y58": "Y57",
    "Y59": "Y57",
    "Y60": "Y55",
    "Y61": "Y55",
    "Y62": "Y54",
    "Y63": "Y54",
}

# Trusts in neither ODS list: the succession file has their codes and closings but no names.
# The names are those of the ODS register, typed in; which of them are unsure is in the ADR.
CLOSED_TRUST_NAMES = {
    "RBB": "Royal National Hospital for Rheumatic Diseases NHS Foundation Trust",
    "RBF": "Nuffield Orthopaedic Centre NHS Trust",
    "RC3": "Ealing Hospital NHS Trust",
    "RCC": "Scarborough and North East Yorkshire Health Care NHS Trust",
    "RD7": "Heatherwood and Wexham Park Hospitals NHS Foundation Trust",
    "RGC": "Whipps Cross University Hospital NHS Trust",
    "RHX": "Oxfordshire Learning Disability NHS Trust",
    "RM4": "Trafford Healthcare NHS Trust",
    "RN1": "Winchester and Eastleigh Healthcare NHS Trust",
    "RNH": "Newham University Hospital NHS Trust",
    "RNJ": "Barts and The London NHS Trust",
    "RT6": "Suffolk Mental Health Partnership NHS Trust",
    "RV7": "Bedfordshire and Luton Mental Health and Social Care Partnership NHS Trust",
    "RV8": "North West London Hospitals NHS Trust",
    "RVL": "Barnet and Chase Farm Hospitals NHS Trust",
    "RWQ": "Worcestershire Mental Health Partnership NHS Trust",
    "RX5": "Great Western Ambulance Service NHS Trust",
}

SMALL_WORDS = {"and", "for", "of", "on", "the", "upon", "with"}
INITIALS = {
    "C.I.C",
    "CIC",
    "DHU",
    "EA",
    "LLR",
    "MIU",
    "NEMS",
    "NHS",
    "OOH",
    "PHL",
    "UCC",
    "UTC",
    "WIC",
}
