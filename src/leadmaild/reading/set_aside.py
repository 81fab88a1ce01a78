"""The contents of leaf parts set aside before the parse: the parser sees the structure of a mail, and copies no body.

A parser goes through a body line by line, and decodes it; neither is its business here. What is set aside holds no line
that could be a delimiter, so the structure seen is that of the whole mail.
"""

import re

_HEAD = re.compile(rb"((?:[!-9;-~]++[ \t]*+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+)++)\n")
_CONTENT_TYPE = re.compile(rb"^content-type[ \t]*:[ \t\n]*([!-~]*)", re.IGNORECASE | re.MULTILINE)
_WITH_STRUCTURE = (b"multipart", b"message")
_MARK = re.compile(rb"setasidex*+\d++z")
_SHORT = 200  # bytes; not worth the trouble


class Contents:
    """What was set aside of one mail, and the marks that stand for it."""

    def __init__(self) -> None:
        self._of_mark: dict[bytes, bytes] = {}

    def set_aside_from(self, mail: bytes) -> bytes:
        """Return `mail` (LF line ends, header included) with a mark in place of each longer content of a leaf."""
        name = b"setaside"
        while name in mail:
            name += b"x"
        kept: list[bytes] = []
        position = begin = 0  # `begin`: where a header may stand, the mail's own or right below a delimiter
        while begin >= 0:
            delimiter = mail.find(b"\n--", begin)
            end = delimiter if delimiter >= 0 else len(mail)
            head = _HEAD.match(mail, begin, end)
            if head is not None and end - head.end() >= _SHORT and _is_of_leaf(head[1], is_top=begin == 0):
                mark = b"%s%dz" % (name, len(self._of_mark))
                self._of_mark[mark] = mail[head.end() : end]
                kept += (mail[position : head.end()], mark)
                position = end
            begin = mail.find(b"\n", delimiter + 1) + 1 or -1 if delimiter >= 0 else -1
        return b"".join((*kept, mail[position:])) if kept else mail

    def put_back(self, text: bytes) -> bytes:
        """Return `text` as it stood in the mail."""
        if not self._of_mark:
            return text
        return self._of_mark.get(text) or _MARK.sub(lambda mark: self._of_mark.get(mark[0], mark[0]), text)


def _is_of_leaf(head: bytes, *, is_top: bool) -> bool:
    """Whether what follows this header is text or data in any reader's view, not a mail or parts.

    A mail without a type is text; a part without one may be a mail (multipart/digest, RFC 2046 5.1.5).
    """
    kinds = _CONTENT_TYPE.findall(head)
    return len(kinds) == 1 and not kinds[0].lower().startswith(_WITH_STRUCTURE) if kinds else is_top
