"""Plain text derived from the dealer's HTML reads like text."""

import pytest

from leadmaild.writing.plain_text import plain_text


@pytest.mark.rule("R106")
@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>eins</p><p>zwei<br>drei</p>", "eins\n\nzwei\ndrei"),
        ("<p>a  b\n c</p>", "a b c"),
        ("<ul><li>eins</li><li>zwei</li></ul>danach", "- eins\n- zwei\n\ndanach"),
        ('<a href="https://x.example/a">hier</a>', "hier <https://x.example/a>"),
        ('<a href="https://x.example">x.example</a>', "x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="mailto:a@x.example">Mail</a>', "Mail <a@x.example>"),
        ('<a href="tel:+4930231250">030 231250</a>', "030 231250"),
        ('<img src="https://x.example/l.png" alt="Logo">', "Logo"),
        ("<table><tr><td>Mo</td><td>9-18</td></tr><tr><td>Di</td><td>9-18</td></tr></table>", "Mo 9-18\nDi 9-18"),
        ("Müller &amp; Söhne &lt;b&gt;", "Müller & Söhne <b>"),
        ("", ""),
    ],
)
def test_it_keeps_paragraphs_lists_rows_and_links(html, text):
    assert plain_text(html) == text
