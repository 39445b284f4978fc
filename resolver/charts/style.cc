// SPDX-License-Identifier: Apache-2.0
#include "resolver/charts/charts.h"

namespace cenote::charts {

std::string_view style() noexcept {
    return R"(:root{--ink:#1b1f24;--quiet:#57606a;--paper:#fff;--rule:#d0d7de;--gap:#eceff2;--hatch:#8b949e;
--block:#5c1003;--restrict:#a84300;--advise:#bb8a15;--observe:#1253cc;--exception:#1ca463;--allow:#515151;--accent:#1253cc;
--h0:#f3f5f7;--h1:#cfe0f7;--h2:#93b9ec;--h3:#2d66c4;--h4:#0b2f75;--hd:#1b1f24;--hl:#fff}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--quiet:#a3abb5;--paper:#16191d;--rule:#3a4149;--gap:#24292f;--hatch:#6e7681;
--block:#be341d;--restrict:#ff9318;--advise:#f2e297;--observe:#6998d3;--exception:#6cf3dc;--allow:#747474;--accent:#6998d3;
--h0:#1f242a;--h1:#1d3557;--h2:#2a5791;--h3:#6ea3ea;--h4:#c3dafb;--hd:#e6e8eb;--hl:#0d1117}}
@media (forced-colors:active){:root{--ink:CanvasText;--quiet:CanvasText;--paper:Canvas;--rule:GrayText;--gap:Canvas;--hatch:GrayText;
--block:CanvasText;--restrict:CanvasText;--advise:CanvasText;--observe:CanvasText;--exception:CanvasText;--allow:CanvasText;--accent:CanvasText;
--h0:Canvas;--h1:Canvas;--h2:Canvas;--h3:Highlight;--h4:Highlight;--hd:CanvasText;--hl:HighlightText}}
.chart{display:block;forced-color-adjust:none;font-family:inherit}
.t-block{fill:var(--block)}.t-restrict{fill:var(--restrict)}.t-advise{fill:var(--advise)}.t-observe{fill:var(--observe)}
.t-exception{fill:var(--exception)}.t-allow{fill:var(--allow)}.t-accent{fill:var(--accent)}
.st-block{stroke:var(--block)}.st-restrict{stroke:var(--restrict)}.st-advise{stroke:var(--advise)}.st-observe{stroke:var(--observe)}
.st-exception{stroke:var(--exception)}.st-allow{stroke:var(--allow)}.st-accent{stroke:var(--accent)}
.ct{fill:var(--ink)}.cq{fill:var(--quiet)}.cp{fill:var(--paper)}.cl{stroke:var(--paper)}.cg{fill:var(--gap)}.ch{stroke:var(--hatch)}
.cx{stroke:var(--rule)}.ca{stroke:var(--quiet)}.cm,.cd{stroke:var(--ink)}.ci{fill:var(--ink)}.cn{fill:var(--paper)}
.h0{fill:var(--h0)}.h1{fill:var(--h1)}.h2{fill:var(--h2)}.h3{fill:var(--h3)}.h4{fill:var(--h4)}.hd{fill:var(--hd)}.hl{fill:var(--hl)}
)";
}

}  // namespace cenote::charts
