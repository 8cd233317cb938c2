"""What is written as DICOM: datasets from arrays, geometry and tags. Knows neither Qt nor VTK nor MRML."""
