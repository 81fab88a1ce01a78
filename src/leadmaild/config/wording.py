"""The kinds of value a dealer's e-mail template may have (R100-R111).

A file is named in one form only, `file:PATH`, so that a dealer's file can be held to its own folder (R30). Whether the
blocks can be rendered is for writing/template_check.py.
"""

import re
from typing import Annotated

from pydantic import AfterValidator


def _header_image(text: str) -> str:
    if text and not text.startswith(("file:", "https://")):
        raise ValueError(f'"{text}" is not a header graphic; write file:PATH or an https URL')
    return text


def _banner_color(text: str) -> str:
    if text and not re.fullmatch(r"#(?:[0-9a-fA-F]{3}){1,2}", text):
        raise ValueError(f'"{text}" is not a colour; write it like "#1f3a5f"')
    return text


def _attachment(text: str) -> str:
    if text not in ("", "none") and not re.fullmatch(r"expose:[\w-]+|file:.+", text):
        raise ValueError(f'"{text}" is not an attachment; write "none", "expose:KIND" or "file:PATH"')
    return text


HeaderImage = Annotated[str, AfterValidator(_header_image)]
BannerColor = Annotated[str, AfterValidator(_banner_color)]
Attachment = Annotated[str, AfterValidator(_attachment)]
