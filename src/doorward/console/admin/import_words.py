"""What imports say: why a file or a row was refused, and where an import stands. All msgids."""

from __future__ import annotations

from doorward.http import UploadFault, message
from doorward.imports import FileFault, ImportState, RowFault

__all__ = ["FILE_FAULTS", "ROW_FAULTS", "STATES", "TOO_MANY", "UPLOAD_FAULTS"]

TOO_MANY = message("Many imports are unfinished. Let one finish, or resume it, and try again.")

UPLOAD_FAULTS = {
    UploadFault.NO_FILE: message("Choose a CSV file."),
    UploadFault.TOO_LARGE: message("The file is larger than 50 MB. Split it into several."),
    UploadFault.NOT_A_FORM: message("The file did not arrive whole. Try again."),
    UploadFault.CUT_SHORT: message("The file did not arrive whole. Try again."),
}

FILE_FAULTS = {
    FileFault.NO_FILE: message("Choose a CSV file."),
    FileFault.TOO_LARGE: message("The file is larger than 50 MB. Split it into several."),
    FileFault.EMPTY: message("The file is empty."),
    FileFault.NO_ROWS: message("The file has column names, but no rows below them."),
    FileFault.TOO_MANY_ROWS: message("The file has more than 100,000 rows. Split it into several."),
    FileFault.ENCODING: message(
        "Some letters can't be read. Save the file as “CSV UTF-8” and try again."
    ),
    FileFault.QUOTE: message("A quotation mark is missing or out of place."),
    FileFault.LONG_RECORD: message("A row is too long. A quotation mark may be missing."),
    FileFault.NO_LOGIN_COLUMN: message(
        "No column is called “Email” or “Login Name”. People need one of them to sign in."
    ),
    FileFault.SAME_COLUMN: message("Two columns mean the same. Keep one of them."),
}

ROW_FAULTS = {
    RowFault.NO_LOGIN: message("No email address and no user name"),
    RowFault.TOO_MANY_CELLS: message("More cells than there are columns"),
    RowFault.BAD_USERNAME: message("The user name can't be used"),
    RowFault.BAD_EMAIL: message("Not an email address"),
    RowFault.BAD_NAME: message("The name is missing, too long, or not one line"),
    RowFault.BAD_LOCALE: message("Not a language"),
    RowFault.BAD_ACCOUNT_ID: message("Not an account number"),
    RowFault.BAD_TYPE: message("Neither Individual nor Company"),
    RowFault.BAD_VALUE: message("A value is too long or not in the right form"),
    RowFault.USERNAME_TAKEN: message("The user name is already in use"),
    RowFault.EMAIL_TAKEN: message("The email address is already in use"),
    RowFault.ACCOUNT_ID_TAKEN: message("The account number is already in use"),
}

STATES = {
    ImportState.WAITING: message("Waiting"),
    ImportState.RUNNING: message("Importing"),
    ImportState.STOPPED: message("Stopped"),
    ImportState.DONE: message("Finished"),
    ImportState.FAILED: message("Ended early"),
}
