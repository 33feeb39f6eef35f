"""What does a profile ask, what does a record fail, and how is it mended?

Pure: shape files and graphs in, fields and reports out.
"""

from __future__ import annotations

from .concepts import Vocabularies
from .profile import Profile
from .profiles import Profiles, UnknownProfile
from .reporting import report_json, report_text

__all__ = [
    "Profile",
    "Profiles",
    "UnknownProfile",
    "Vocabularies",
    "report_json",
    "report_text",
]
