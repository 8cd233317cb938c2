"""`python -m DICOMLib.cli`."""

import sys

from DICOMLib.cli import main

sys.exit(main())
