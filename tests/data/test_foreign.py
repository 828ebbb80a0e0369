"""Files of kinds that are not read: a line that names the way."""

import pytest

from keras_ae.data.find import find_dataset
from keras_ae.data.foreign import way_to_read
from keras_ae.errors import InputError


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("x.h5", "open it with h5py"),
        ("x.MAT", "scipy.io.loadmat"),
        ("brain.nii.gz", "nibabel"),
        ("scan.dcm", "pydicom"),
        ("data.pkl", "run code"),
        ("model.pt", "run code"),
        ("images.tar.gz", "unpack it"),
        ("export.xml", "read_xml"),
        ("iris.names", "file of rows beside it"),
    ],
)
def test_the_way_is_named(tmp_path, name, way):
    (tmp_path / name).write_bytes(b"\0")
    with pytest.raises(InputError, match=rf"received '.*{name}', of the kind .*; .*{way}"):
        find_dataset(str(tmp_path / name))


def test_other_suffixes_have_no_way(tmp_path):
    assert not way_to_read("x.unknown")
    (tmp_path / "x.unknown").write_bytes(b"\0")
    with pytest.raises(InputError, match=r"is of no known kind"):
        find_dataset(str(tmp_path / "x.unknown"))
