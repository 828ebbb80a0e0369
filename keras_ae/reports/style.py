"""The style sheet of reports, for light and dark screens and for paper."""

from __future__ import annotations

__all__ = ["STYLE"]

LIGHT = (
    "--ground:#fff;--panel:#f6f7f9;--ink:#1c2430;--soft:#5c6675;--rule:#dfe3e8;"
    "--calm:#7b93ad;--odd:#d0242c;--band:#d0242c26;--expected:#1c2430;--label:#1e8a4c;"
)
DARK = (
    "--ground:#14181d;--panel:#1c2229;--ink:#e6eaef;--soft:#9aa5b3;--rule:#323a44;"
    "--calm:#7f9ab8;--odd:#ff6b66;--band:#ff6b6633;--expected:#f2f4f7;--label:#4fc47f;"
)

STYLE = f"""
:root{{color-scheme:light dark;{LIGHT}}}
@media(prefers-color-scheme:dark){{:root{{{DARK}}}}}
@media print{{:root{{color-scheme:light;{LIGHT}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}}
main{{max-width:1080px;margin:0 auto;padding:24px 20px 48px}}
h1{{font-size:26px;line-height:1.25;margin:0 0 12px;overflow-wrap:anywhere}}
h2{{font-size:19px;margin:34px 0 8px}}
h3{{font-size:15px;margin:20px 0 4px;overflow-wrap:anywhere}}
p{{margin:6px 0;max-width:78ch;overflow-wrap:anywhere}}
p.result{{font-size:19px}}
p.warning{{border-left:4px solid var(--odd);padding-left:10px}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:14px 0;
padding:12px 16px;background:var(--panel);border-radius:8px}}
dt{{color:var(--soft)}}dd{{margin:0;overflow-wrap:anywhere}}
figure{{margin:14px 0}}figcaption,footer{{color:var(--soft);font-size:13px;overflow-wrap:anywhere}}
footer{{margin-top:40px;border-top:1px solid var(--rule);padding-top:10px}}
.scroll{{overflow-x:auto;margin:10px 0}}
table{{border-collapse:collapse;font-size:13px;width:100%}}
th,td{{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--rule);vertical-align:top;
overflow-wrap:break-word;max-width:36ch}}
th{{color:var(--soft);font-weight:600}}
.number{{text-align:right;width:1%;font-variant-numeric:tabular-nums;white-space:nowrap}}
.odd{{color:var(--odd);font-weight:600}}
details{{margin:10px 0}}summary{{cursor:pointer;color:var(--soft)}}
svg{{display:block;width:100%;height:auto}}
svg text{{fill:var(--soft);font-size:11px}}
svg .name{{fill:var(--ink);font-size:12px;font-weight:600}}
svg .end{{text-anchor:end}}svg .middle{{text-anchor:middle}}
svg .grid{{stroke:var(--rule);stroke-width:1;fill:none}}
svg .line{{stroke:var(--calm);stroke-width:1.1;fill:none;stroke-linejoin:round}}
svg .peak{{stroke:var(--odd);stroke-width:1.6;fill:none;stroke-linejoin:round}}
svg .expected{{stroke:var(--expected);stroke-width:1.2;fill:none;stroke-dasharray:5 3}}
svg .band{{fill:var(--band)}}svg .labeled{{fill:var(--label)}}
svg .threshold{{stroke:var(--odd);stroke-width:1;stroke-dasharray:6 4;fill:none}}
svg .calm{{fill:var(--calm)}}svg .flagged{{fill:var(--odd)}}
svg .outline{{stroke:var(--ink);stroke-width:1.3;fill:none}}
svg .cell{{fill:var(--odd)}}svg .ground{{fill:var(--panel)}}
.cards{{display:grid;grid-template-columns:repeat(auto-fill,minmax(236px,1fr));gap:12px}}
.card{{margin:0;padding:8px;background:var(--panel);border-radius:8px;border-top:3px solid var(--calm)}}
.card.flagged{{border-top-color:var(--odd)}}
.card img{{width:50%;image-rendering:pixelated;vertical-align:top}}
@page{{margin:14mm}}
@media print{{main{{max-width:none;padding:0}}figure,.card,tr{{break-inside:avoid}}h2,h3{{break-after:avoid}}
body,.card,dl,svg{{-webkit-print-color-adjust:exact;print-color-adjust:exact}}}}
@media(max-width:600px){{dl{{grid-template-columns:1fr}}dt{{margin-top:6px}}}}
"""
