"""Kinds of files that are not read, and how each becomes one that is."""

from __future__ import annotations

from pathlib import Path

__all__ = ["way_to_read"]

_ARRAYS = 'save its arrays with numpy.savez("data.npz", x=..., y=...)'
_ROWS = "save its table as .csv or .parquet"
_CODE = f"pickled objects run code as they are loaded, and are not read; where they come from, {_ARRAYS}"
_UNPACK = "unpack it, and give the folder"

_WAYS = {
    ".h5 .hdf5 .hdf": ("HDF5", f"open it with h5py, and {_ARRAYS}"),
    ".mat": ("MATLAB", f"open it with scipy.io.loadmat, or h5py from version 7.3 on, and {_ARRAYS}"),
    ".nc .nc4 .cdf": (
        "NetCDF",
        "open it with xarray, and save its table: data.to_dataframe().to_csv(...)",
    ),
    ".zarr": ("Zarr", f"open it with zarr, and {_ARRAYS}"),
    ".nii .nii.gz .mgz": ("NIfTI", f"open it with nibabel, take slices of get_fdata(), and {_ARRAYS}"),
    ".dcm .dicom": ("DICOM", "open it with pydicom, and save pixel_array as a 16-bit .png or .tif"),
    ".edf .bdf": ("EDF", "open it with mne or pyedflib, and save its channels as columns of a .csv"),
    ".hea": ("WFDB", "write the record as text: rdsamp -r RECORD -c -H -v -pS > record.csv"),
    ".wav .flac .mp3 .ogg": ("sound", f"read it with soundfile, cut it into windows, and {_ARRAYS}"),
    ".mp4 .avi .mov .mkv .webm": ("video", "write its frames as images: ffmpeg -i VIDEO frames/%05d.png"),
    ".pkl .pickle .joblib .pt .pth .ckpt": ("pickle", _CODE),
    ".zip .tar .tgz .tar.gz .tar.bz2 .tar.xz .7z .rar": ("archive", _UNPACK),
    ".xls .ods .xlsb": ("spreadsheet", "save it as .xlsx or .csv"),
    ".rds .rda .rdata": ("R", "write it as CSV: write.csv(data, 'data.csv', row.names = FALSE)"),
    ".sav .dta .sas7bdat .xpt": (
        "statistics",
        f"read it with pandas.read_spss, read_stata or read_sas, and {_ROWS}",
    ),
    ".tdms .mf4 .mdf": ("measurement", f"open it with nptdms or asammdf, and {_ROWS}"),
    ".mdb .accdb": ("database", f"read it with pandas.read_sql, and {_ROWS}"),
    ".avro .orc .arrow": ("columns", f"read it with pandas or pyarrow, and {_ROWS}"),
    ".svm .libsvm .svmlight": ("LIBSVM", f"read it with sklearn.datasets.load_svmlight_file, and {_ARRAYS}"),
    ".xml": ("XML", f"read it with pandas.read_xml, and {_ROWS}; convert MusicXML to MIDI"),
    ".musicxml .mxl .krn .abc": (
        "score",
        "convert it to MIDI, as MuseScore does, and give the folder",
    ),
    ".names": ("description", "give the file of rows beside it, such as .data"),
    ".svg .pdf .heic .cr2 .nef .dng .psd": ("image", "save it as .png or .tif"),
}


def way_to_read(path: str | Path) -> str:
    """How a file of a kind that is not read becomes one that is.

    Args:
        path: A path.

    Returns:
        Its kind and what to do with it; "" for a suffix that is not known.
    """
    name = Path(path).name.lower()
    for suffixes, (kind, way) in _WAYS.items():
        found = [suffix for suffix in suffixes.split() if name.endswith(suffix)]
        if found:
            return f"of the kind {found[0]} ({kind}); {way}"
    return ""
