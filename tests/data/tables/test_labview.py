"""Measurement files of LabVIEW are read without their headers and comments."""

import numpy as np
import pytest

from keras_ae.data.series.windows import SeriesFile
from keras_ae.data.tables.reading import read_table

HEADER = [
    "LabVIEW Measurement\t",
    "Writer_Version\t2",
    "Separator\tTab",
    "Decimal_Separator\t{decimal}",
    "X_Columns\tOne",
    "Date\t2024/01/31",
    "Time\t09:30:00.123",
    "***End_of_Header***\t",
    "\t",
    "Channels\t2\t\t",
    "Samples\t3\t3\t",
    "Y_Unit_Label\tVolts\tVolts\t",
    "X0\t0.0E+0\t0.0E+0\t",
    "***End_of_Header***\t\t\t",
]


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("ends", [("", ""), ("\t", "\t"), ("\tstart", "")])
def test_rows_below_the_header_are_read_with_their_names(tmp_path, decimal, ends):
    file = tmp_path / "measured.lvm"
    rows = [
        f"{row / 1000:.6f}\t{row % 7 / 8:.6f}\t{row % 5 / 4:.6f}".replace(".", decimal) + ends[row > 0]
        for row in range(120)
    ]
    above = "\n".join(HEADER).format(decimal=decimal)
    file.write_text("\n".join([above, "X_Value\tUntitled\tUntitled 1\tComment", *rows, ""]))
    table = read_table(file)
    assert list(table.columns) == ["X_Value", "Untitled", "Untitled 1"]
    np.testing.assert_array_equal(table.columns["X_Value"].values, np.arange(120) / 1000)
    np.testing.assert_array_equal(table.columns["Untitled 1"].values, np.arange(120) % 5 / 4)
    series = SeriesFile(str(file), time="X_Value", window=4).load().points.series
    assert (series.names, series.form.kind) == (("Untitled", "Untitled 1"), "number")
