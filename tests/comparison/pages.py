"""What holds of every page of a comparison."""

import re


def needs_nothing(text):
    """No scripts, nothing fetched."""
    assert not re.findall(r"<(?:script|link|iframe|object|base)\b", text)
    assert not re.findall(r'\s(?:src|href|action)\s*=\s*(?!"data:)', text)
    assert not re.findall(r"@import|url\(|https?:", text)
