"""How fast a series becomes a volume, and with how much memory, against ITK's reader and the bare reading.

    python -m Testing.Benchmarks.benchmark_load --slices 300

Each way runs in a process of its own, with the files in the cache of the operating system. Loading by the
plugin is all that the user waits for after examination: voxels, node, display, subject hierarchy, check of
the geometry. The memory is the peak above what the process had before, in volumes of 16 bit. "ITK 3 x" means
that ITK takes three times as long, "bytes 2" that it takes twice as long as to read the bytes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from pydicom.encaps import encapsulate

from Testing import factories

SIZE = 512
SYNTAXES = {
    "uncompressed": "1.2.840.10008.1.2.1",
    "RLE": "1.2.840.10008.1.2.5",
    "JPEG lossless": "1.2.840.10008.1.2.4.70",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000": "1.2.840.10008.1.2.4.90",
}
WAYS = ("bytes", "plugin", "reader", "ITK")


def slices(count: int) -> np.ndarray:
    """A noisy body in air, unlike in each slice."""
    random = np.random.default_rng(1)
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    body = np.where(x**2 / 1.2 + y**2 < (0.42 * SIZE) ** 2, 1024 + 60 * np.cos(x / 30) * np.cos(y / 25), 24)
    noise = random.normal(0, 12, (16, SIZE, SIZE))
    return np.array([body + noise[k % 16] * (body > 100) + k % 7 for k in range(count)]).astype(np.int16)


def encode(name: str, pixels: np.ndarray) -> bytes:
    """Pixel Data of one slice."""
    plain = pixels.view(np.uint16)
    if name == "uncompressed":
        return plain.tobytes()
    if name == "RLE":
        from pydicom.pixels.encoders import RLELosslessEncoder

        options = {"rows": SIZE, "columns": SIZE, "number_of_frames": 1, "samples_per_pixel": 1}
        options |= {"photometric_interpretation": "MONOCHROME2", "bits_allocated": 16, "bits_stored": 16}
        return encapsulate(
            [RLELosslessEncoder.encode(plain.tobytes(), pixel_representation=0, index=0, **options)]
        )
    encoders: dict[str, Callable[[np.ndarray], bytes]] = {
        "JPEG lossless": lambda array: imagecodecs.ljpeg_encode(array, bitspersample=16),
        "JPEG-LS": imagecodecs.jpegls_encode,
        "JPEG 2000": lambda array: imagecodecs.jpeg2k_encode(array, reversible=True, codecformat="j2k"),
    }
    return encapsulate([encoders[name](plain)])


def write_series(folder: Path, name: str, voxels: np.ndarray) -> None:
    """The files of one series."""
    datasets = factories.ct_series(len(voxels))
    for dataset, pixels in zip(datasets, voxels, strict=True):
        factories.scanner_header(dataset)
        dataset.Rows = dataset.Columns = SIZE
        dataset.PixelRepresentation = 0
        dataset.PixelData = encode(name, pixels)
        dataset["PixelData"].is_undefined_length = name != "uncompressed"
    factories.write(datasets, folder, transfer_syntax=SYNTAXES[name])


# -- in a process of its own


def measure(way: str, folder: Path, repeats: int) -> dict[str, float]:
    """Best times, wall and of all threads, and peak memory above the start."""
    prepare = {"bytes": prepare_bytes, "plugin": prepare_plugin, "reader": prepare_reader, "ITK": prepare_itk}
    load, release, finish = prepare[way](sorted(map(str, folder.glob("*.dcm"))))
    load()  # imports, and the files in the cache
    release()
    before = _reset_peak()
    times, cpu_times = [], []
    for _ in range(repeats):
        start, cpu_start = time.perf_counter(), time.process_time()
        load()
        times.append(time.perf_counter() - start)
        cpu_times.append(time.process_time() - cpu_start)
        release()
    result = {"seconds": min(times), "cpu_s": min(cpu_times), "peak_bytes": _peak() - before}
    finish()
    return result


def prepare_bytes(paths: list[str]) -> Any:
    """Read all pixels into one array, from where they are known to lie."""
    from DICOMLib.mrml.images.image_header import read_image_header

    headers = [read_image_header(path) for path in paths]
    lengths = [
        Path(path).stat().st_size - header.pixel_offset for path, header in zip(paths, headers, strict=True)
    ]

    def load() -> None:
        buffer = np.empty(sum(lengths), np.uint8)
        at = 0
        for header, length in zip(headers, lengths, strict=True):
            with Path(header.path).open("rb", buffering=0) as file:
                file.seek(header.pixel_offset)
                at += file.readinto(memoryview(buffer[at : at + length]))

    return load, nothing, nothing


def nothing() -> None:
    """There is nothing to release or to end."""


def prepare_reader(paths: list[str]) -> Any:
    """Our reader alone: headers, geometry, voxels."""
    from DICOMLib.mrml.volumes.volume import read_volume

    return lambda: read_volume(paths), nothing, nothing


def prepare_itk(paths: list[str]) -> Any:
    """GDCM's reader of slicer-core, which Slicer uses by default."""
    from DICOMLib.mrml.images.itk_reader import read_with_itk

    return lambda: read_with_itk(paths, "GDCM"), nothing, nothing


def prepare_plugin(paths: list[str]) -> Any:
    """The scalar volume plugin in the application, with a database."""
    from DICOMModule.Host.application import boot

    folder = Path(tempfile.mkdtemp())
    application = boot(gui=False, testing=True, settings_path=folder, database_directory=folder / "database")
    import slicer

    from DICOMLib import DICOMUtils

    assert DICOMUtils.importDicom(str(Path(paths[0]).parent))
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    (loadable,) = plugin.examineForImport([paths])

    return (
        lambda: plugin.load(loadable),
        lambda: slicer.mrmlScene.Clear(0),
        application.shutdown,
    )


def _reset_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


# -- the table


def run_apart(way: str, folder: Path, repeats: int) -> dict[str, float]:
    command = [sys.executable, "-m", "Testing.Benchmarks.benchmark_load", "--measure", way, str(folder)]
    command += ["--repeats", str(repeats)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(result.stderr)
    return json.loads(result.stdout.splitlines()[-1])


def report(name: str, results: dict[str, dict[str, float]], volume_bytes: int) -> str:
    itk, least = results["ITK"], results["bytes"]
    lines = [f"{name}: {SYNTAXES[name]}"]
    for way, result in results.items():
        seconds, cpu = result["seconds"], result["cpu_s"]
        lines.append(
            f"  {way:8}{seconds:8.3f} s (ITK {itk['seconds'] / seconds:5.1f} x,"
            f" bytes {seconds / least['seconds']:5.2f})"
            f"{cpu:8.3f} s of CPU (ITK {itk['cpu_s'] / cpu:5.1f} x, bytes {cpu / least['cpu_s']:5.2f})"
            f"   peak {result['peak_bytes'] / volume_bytes:5.2f} volumes"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--slices", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=SYNTAXES, help="one transfer syntax")
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        way, folder = options.measure
        print(json.dumps(measure(way, Path(folder), options.repeats)))
        return
    voxels = slices(options.slices)
    for name in [options.only] if options.only else SYNTAXES:
        with tempfile.TemporaryDirectory() as folder:
            write_series(Path(folder), name, voxels)
            results = {way: run_apart(way, Path(folder), options.repeats) for way in WAYS}
            print(report(name, results, voxels.nbytes), flush=True)


if __name__ == "__main__":
    main()
