"""Why a file was not taken, and what its owner can do: constant phrases, so that equal faults group."""

from __future__ import annotations

from DICOMLib.core.errors import LIMITS_OF_SIZE
from DICOMLib.standard import faults

NOT_FOUND = faults.NOT_FOUND
UNREADABLE = faults.UNREADABLE
NOT_A_FILE = "is no regular file"
EMPTY = "empty file"
NO_DICOM = faults.NO_DICOM
DIRECTORY_RECORD = "directory of a file-set, no image"
TRUNCATED = faults.TRUNCATED
DAMAGED = faults.DAMAGED
NO_STUDY_UID = "missing Study Instance UID"
NO_SERIES_UID = "missing Series Instance UID"
NO_SOP_UID = "missing SOP Instance UID"
NULL_IN_UID = "a UID with a null character inside"
NO_SPACE = "no room to copy it into the database"
TOO_LARGE_TO_COPY = "files as large as its copy in the database are not allowed there"
NOT_COPIED = "could not be copied into the database"
SECOND_FILE = "set aside: another file of the same instance with other content is in the database"
ELSEWHERE = "names another study or patient than other files of its series or study"
BAD_NAME = "its path is no valid text"
BAD_ARCHIVE = "damaged zip archive"
ENCRYPTED = "encrypted in the zip archive"
BOMB = "far too large for its zip archive"
ARCHIVE_IN_MEMORY = "a database in memory takes no zip archives"
ARCHIVE = "zip archive, not looked into"
PACKED = "zip archive, not unpacked"
NO_READER = "no reader for its transfer syntax"
LEFT_OUT = "left out by a rule"
# between the kind of fault and the name of the rule that failed at a file
IN_RULE = " in the rule "
NO_ROOM = "no room on the disk for its copy"
TOO_LARGE = "files as large as its copy are not allowed there"
NOT_WRITTEN = "its copy could not be written"
NAME_TAKEN = "a file with the name of its copy was there already, and stays"

ADVICE = {
    NOT_FOUND: "Check the path; a drive or network folder may not be connected.",
    UNREADABLE: "Ask for permission to read it, or copy it to a folder of your own.",
    NOT_A_FILE: "Devices, pipes and sockets are never opened.",
    EMPTY: "Copy it again from where it came.",
    NO_DICOM: "Nothing to do, unless it should be an image: then export it as DICOM again.",
    DIRECTORY_RECORD: "Nothing to do: the files that it lists are imported themselves.",
    TRUNCATED: "The end is missing, usually after a broken copy or download. Copy it again.",
    DAMAGED: "Copy it again; if that does not help, export it again from where it was made.",
    NO_STUDY_UID: "Generate the missing identifiers with the DICOM Patcher, then import the result.",
    NO_SERIES_UID: "Generate the missing identifiers with the DICOM Patcher, then import the result.",
    NO_SOP_UID: "Generate the missing identifiers with the DICOM Patcher, then import the result.",
    NULL_IN_UID: "Generate new identifiers with the DICOM Patcher, then import the result.",
    NO_SPACE: "Free some space on the disk of the database, or import without copying.",
    TOO_LARGE_TO_COPY: f"{LIMITS_OF_SIZE} Put the database elsewhere, or import without copying.",
    NOT_COPIED: "Check that the database folder can be written, or import without copying.",
    SECOND_FILE: "Compare the two files; to take this one instead, remove the series and import it alone.",
    ELSEWHERE: (
        "It is listed with those. Where they share a series only, put the files of each study into a "
        "folder of their own; the DICOM Patcher parts them by ForceSameSeriesInstanceUidInEachDirectory."
    ),
    BAD_NAME: "Rename the file or its folder, or copy it into the database.",
    BAD_ARCHIVE: "Copy or download the archive again.",
    ENCRYPTED: "Unpack the archive with its password, then import the folder.",
    BOMB: "If it is to be trusted, unpack the archive yourself, then import the folder.",
    ARCHIVE_IN_MEMORY: "Import it into a database on disk.",
    ARCHIVE: "To import it, choose the archive itself; its files are copied into the database.",
    PACKED: "Unpack it, then do this with the folder of its files.",
    NO_READER: "It is in the database; to see its images, convert it to another transfer syntax.",
    LEFT_OUT: "Nothing to do.",
    NO_ROOM: "Free some space on the disk of the output folder, then do it again.",
    TOO_LARGE: f"{LIMITS_OF_SIZE} Choose another output folder, or have the limit raised.",
    NOT_WRITTEN: "Check that the output folder can be written, or choose another one.",
    NAME_TAKEN: "Choose an empty output folder, or apply NormalizeFileNames, which finds free names.",
}

# Files with these are no faults: nobody meant them to be images.
NO_FAULTS = frozenset((NOT_A_FILE, EMPTY, NO_DICOM, DIRECTORY_RECORD, ARCHIVE, PACKED))


def advice(reason: str) -> str:
    """What to do about a reason."""
    _error, in_rule, rule = reason.partition(IN_RULE)
    if in_rule:
        return (
            f"Correct the rule {rule}, or apply the others by --rule NAME; --verbose before the sub-command "
            "tells where it failed."
        )
    return ADVICE.get(reason, "See the log for details.")
