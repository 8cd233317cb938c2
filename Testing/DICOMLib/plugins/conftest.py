"""What the tests of examining and loading share."""

from Testing.application_database import database as database
