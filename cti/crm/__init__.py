"""Customer records: who is calling, by number."""

from cti.crm.csv_records import CsvRecords
from cti.crm.csv_table import RecordsError
from cti.crm.numbers import normalise, region_of
from cti.crm.records import NoRecords

__all__ = ["CsvRecords", "NoRecords", "RecordsError", "normalise", "region_of"]
