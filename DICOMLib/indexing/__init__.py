"""Files into the database: header scan, DICOMDIR, import jobs and their account."""
