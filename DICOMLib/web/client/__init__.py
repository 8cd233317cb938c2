"""DICOMweb (PS3.18) as a client: search, retrieve, rendered pictures, store."""
