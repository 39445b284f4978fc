// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/document.h"

namespace cenote::document {
namespace {

constexpr std::string_view kStyle =
    R"(:root{--link:#0b57c0;--wash:#f3f5f7;--high:#8f1402;--middle:#7a5600;--low:#1b5e3a}
@media screen and (prefers-color-scheme:dark){:root{--link:#8ab8ff;--wash:#1f242a;--high:#ff9d8f;--middle:#f2d27a;--low:#7fe0ac}}
@media (forced-colors:active){:root{--link:LinkText;--wash:Canvas;--high:CanvasText;--middle:CanvasText;--low:CanvasText}}
*{box-sizing:border-box}
html{font-size:16px;scroll-padding-top:1rem}
body{margin:0 auto;padding:1rem;max-width:64rem;background-color:var(--paper);color:var(--ink);line-height:1.6;
font-family:system-ui,"Noto Sans KR","Noto Sans CJK KR","Apple SD Gothic Neo","Malgun Gothic",sans-serif;overflow-wrap:break-word}
:lang(ko){word-break:keep-all}
a{color:var(--link)}
a:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-999rem}
.skip:focus{position:static;display:inline-block;padding:.5rem}
h1{font-size:1.8rem;line-height:1.25;margin:1rem 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.35rem;line-height:1.3;margin:2.5rem 0 .75rem;padding-bottom:.3rem;border-bottom:2px solid}
h3{font-size:1.08rem;line-height:1.35;margin:1.75rem 0 .5rem;overflow-wrap:anywhere}
header p{margin:0;color:var(--quiet)}
nav ol{columns:2 18rem;padding-left:1.8rem;margin:0}
nav h2{font-size:1.08rem;margin:1.5rem 0 .5rem;border:0}
.facts{width:100%;margin:1rem 0;font-size:1rem;border-top:1px solid;border-top-color:var(--rule)}
.facts th{width:14rem;max-width:14rem;color:var(--quiet);font-weight:400}
.facts td{max-width:none;overflow-wrap:anywhere}
.points{padding-left:1.2rem}
.points li{margin:.5rem 0}
.mark{display:inline-block;padding:0 .5rem;border:1px solid currentColor;border-radius:.25rem;font-weight:600;font-size:.85rem}
.high,.red{color:var(--high)}.middle,.amber{color:var(--middle)}.low,.green{color:var(--low)}
pre{margin:.5rem 0;padding:.6rem .8rem;background-color:var(--wash);border-left:3px solid;border-left-color:var(--rule);overflow-x:auto;word-break:normal;
font-size:.85rem;line-height:1.45}
code{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,"Noto Sans Mono CJK KR",monospace;overflow-wrap:anywhere}
pre code{overflow-wrap:normal}
.scroll{overflow-x:auto;margin:1rem 0}
figure{margin:1rem 0}
figcaption{font-size:.88rem;color:var(--quiet)}
figcaption ul{margin:.25rem 0;padding-left:1.2rem}
table{border-collapse:collapse;min-width:16rem;min-width:min(100%,26rem);font-size:.88rem;line-height:1.4}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{padding:.3rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid;border-bottom-color:var(--rule);overflow-wrap:break-word;max-width:26rem}
th.n,td.n{text-align:right;white-space:nowrap;min-width:0;font-variant-numeric:tabular-nums}
thead th{border-bottom:2px solid;border-bottom-color:var(--ink);vertical-align:bottom;overflow-wrap:normal}
thead th.n{white-space:normal}
tbody th{font-weight:400}
.s{white-space:nowrap}
.w{min-width:16rem;overflow-wrap:anywhere}
.note{font-size:.85rem;color:var(--quiet);margin-top:-.5rem}
footer{margin-top:3rem;padding-top:.5rem;border-top:1px solid;border-top-color:var(--rule);font-size:.85rem;color:var(--quiet)}
@media (max-width:34rem){.facts th,.facts td{display:block;width:auto;max-width:none}.facts th{border:0;padding-bottom:0}h1{font-size:1.5rem}h2{font-size:1.2rem}}
@media print{
html{font-size:10.5pt}
body{max-width:none;padding:0}
.skip{display:none}
a{color:inherit;text-decoration:none}
.scroll{overflow:visible}
.chart{max-width:100%;height:auto}
h2,h3,caption,thead{break-after:avoid}
tr,figure,.points li{break-inside:avoid}
nav{break-after:page}
table{font-size:8pt}
.facts{font-size:9.5pt}
.facts th{width:45mm}
th,td,.w{padding:.15rem .3rem;min-width:0;max-width:none;overflow-wrap:anywhere}
pre,pre code{white-space:pre-wrap;overflow-wrap:anywhere}
}
@page{size:A4;margin:18mm 15mm 20mm;@bottom-right{content:counter(page) " / " counter(pages);font-size:8pt}}
)";

}  // namespace

std::string_view page_style() noexcept { return kStyle; }

}  // namespace cenote::document
