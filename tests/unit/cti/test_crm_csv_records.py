"""Customers from a spreadsheet: found by number, shown as text, read again when the file changes."""

import asyncio
import logging
from pathlib import Path

import pytest

from cti.crm import CsvRecords, NoRecords, RecordsError
from cti.service.ports import CustomerRecords

TABLE = "number,name,tier\n+380501110001,Natalia Hrytsenko,gold\n050 111 00 02,Viktor,\n"


def table(tmp_path: Path, content: str | bytes = TABLE) -> Path:
    path = tmp_path / "customers.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


async def test_a_customer_is_found_however_the_number_comes(tmp_path: Path) -> None:
    records: CustomerRecords = CsvRecords(table(tmp_path), "UA")
    for number in ("+380501110001", "0501110001", "sip:380501110001@10.0.0.1"):
        assert await records.find(number) == {"name": "Natalia Hrytsenko", "tier": "gold"}
    assert await records.find("+380501110002") == {"name": "Viktor"}


@pytest.mark.parametrize("number", ["", "anonymous", "+380501119999", "101"])
async def test_nobody_is_nobody(tmp_path: Path, number: str) -> None:
    assert await CsvRecords(table(tmp_path), "UA").find(number) is None
    none: CustomerRecords = NoRecords()
    assert await none.find(number) is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
async def test_every_spreadsheets_csv_is_read(tmp_path: Path, delimiter: str, mark: str, end: str) -> None:
    rows = (("number", "name"), ("0501110001", "Олена"))
    path = table(tmp_path, mark + end.join(delimiter.join(row) for row in rows) + end)
    assert await CsvRecords(path, "UA").find("0501110001") == {"name": "Олена"}


async def test_the_first_of_two_rows_with_one_number_wins(tmp_path: Path) -> None:
    path = table(tmp_path, "number,name\n+380501110001,first\n0501110001,second\n")
    assert await CsvRecords(path, "UA").find("380501110001") == {"name": "first"}


@pytest.mark.parametrize(
    "text", ['=cmd|"/c calc"!A1', "<script>alert(1)</script>", "a\nb", "{{7*7}}", 'О\'Коннор; "x"']
)
async def test_whatever_stands_in_a_cell_is_text(tmp_path: Path, text: str) -> None:
    quoted = text.replace('"', '""')
    path = table(tmp_path, f'number,name\n0501110001,"{quoted}"\n')
    assert await CsvRecords(path, "UA").find("0501110001") == {"name": text}


async def test_empty_lines_and_short_rows_are_no_trouble(tmp_path: Path) -> None:
    path = table(tmp_path, "number,name,tier\n\n0501110001\n,,\n0501110002,Viktor\n\n")
    records = CsvRecords(path, "UA")
    assert await records.find("0501110001") == {}
    assert await records.find("0501110002") == {"name": "Viktor"}


async def test_rows_without_a_readable_number_are_left_out_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = table(tmp_path, "number,name\n3.80501E+11,spoilt by a spreadsheet\n,no number\n0501110001,whole\n")
    assert await CsvRecords(path, "UA").find("0501110001") == {"name": "whole"}
    assert "2 rows without a readable number, the first in line 2" in caplog.text


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", r":1: no column is called .number."),
        (b"phone,name\n1,2\n", r":1: no column is called .number."),
        (b"number,name,name\n1,2,3\n", r":1: two columns are called .name."),
        (b"number,name\n0501110001,a,b\n", r":2: 3 cells under 2 headings"),
        (b'number,name\n0501110001,"open\n', r":2: unexpected end of data"),
        (b'number,name\n\n0501110001,"a"b\n', r":3: ',' expected after '\"'"),
        ("number,name\n0501110001,ok\n0501110002,Олена\n".encode("cp1251"), r":3: not UTF-8 \(byte 0xce\)"),
        ("number,name\n0501110001,x\n".encode("utf-16"), r":1: not UTF-8 \(byte 0xff\)"),
        (b"number,name\n0501110001," + b"x" * 200_000, r":2: field larger than field limit"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_line_with_file_and_line(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    with pytest.raises(RecordsError, match=rf"customers\.csv{complaint}") as refused:
        CsvRecords(table(tmp_path, content), "UA")
    assert "\n" not in str(refused.value)


def test_a_missing_table_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match=r"cannot read the customers in .*customers\.csv: No such file"):
        CsvRecords(tmp_path / "customers.csv", "UA")


async def test_a_changed_table_is_used_from_the_next_call_on(tmp_path: Path) -> None:
    path = table(tmp_path)
    records = CsvRecords(path, "UA")
    table(tmp_path, "number,name\n0501110003,Emily Clarke\n")
    assert await records.find("0501110003") == {"name": "Emily Clarke"}
    assert await records.find("0501110001") is None


@pytest.mark.parametrize("broken", [b"number,name\n0501110001,\xff\n", None], ids=["broken", "missing"])
async def test_a_table_that_breaks_leaves_the_former_one_in_use_until_it_is_mended(
    tmp_path: Path, broken: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = table(tmp_path)
    records = CsvRecords(path, "UA")
    if broken is None:
        path.unlink()
    else:
        path.write_bytes(broken)
    for _ in range(3):
        assert await records.find("0501110002") == {"name": "Viktor"}
    assert caplog.text.count("the customers stay as they were") == 1
    table(tmp_path, "number,name\n0501110002,Viktor Zadorozhny\n")
    assert await records.find("0501110002") == {"name": "Viktor Zadorozhny"}


async def test_a_long_table_is_read_while_the_loop_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = table(tmp_path)
    records = CsvRecords(path, "UA")
    caplog.set_level(logging.INFO, "cti.crm")
    rows = "".join(f"050{number:07d};customer {number}\n" for number in range(20_000))
    table(tmp_path, "number;name\n" + rows)
    turns = 0
    lookup = asyncio.create_task(records.find("0501110001"))
    while "20000 customers" not in caplog.text:
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 20
    await lookup
    assert await records.find("0500019999") == {"name": "customer 19999"}


async def test_the_example_bank_knows_its_customers() -> None:
    path = Path(__file__).parents[3] / "config/examples/bank/customers.csv"
    found = await CsvRecords(path, "UA").find("0501110001")
    assert found is not None
    assert found["name"] == "Natalia Hrytsenko"
