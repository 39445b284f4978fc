// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/pages/phrases.h"

namespace cenote::pages {
namespace {

constexpr std::array kFramePhrases{
    Phrase{"change", "{change} ({before} before)", "{change} (이전 {before})"},
    Phrase{"change.new", "+{n} (none before)", "+{n} (이전 없음)"},
    Phrase{"change.none", "none before", "이전 없음"},

    Phrase{"not_found.title", "This page does not exist", "페이지가 없습니다"},
    Phrase{"not_found.text", "Nothing stands at this address. The navigation leads to all pages.",
           "이 주소에는 페이지가 없습니다. 메뉴에서 다른 페이지로 이동할 수 있습니다."},
    Phrase{"failed.title", "This page cannot be shown", "페이지를 표시할 수 없습니다"},
    Phrase{"no_table", "This page has no table '{table}'.", "이 페이지에 '{table}' 표가 없습니다."},

    Phrase{"skip", "To the content", "본문으로 건너뛰기"},
    Phrase{"nav.label", "Pages", "페이지"},
    Phrase{"nav.menu", "Menu", "메뉴"},
    Phrase{"nav.overview", "Overview", "개요"},
    Phrase{"nav.services", "Services", "서비스"},
    Phrase{"nav.directives", "Directives", "지시"},
    Phrase{"nav.groups", "Groups", "그룹"},
    Phrase{"nav.exceptions", "Exceptions", "예외"},
    Phrase{"nav.bypass", "Bypass", "우회"},
    Phrase{"nav.proof", "Proof", "증명"},
    Phrase{"nav.live", "Live", "실시간"},
    Phrase{"nav.log", "Log", "로그"},
    Phrase{"nav.reports", "Reports", "보고서"},
    Phrase{"nav.health", "Health", "상태"},
    Phrase{"nav.audit", "Audit", "감사 기록"},
    Phrase{"nav.privacy", "Privacy", "개인정보"},

    Phrase{"head.node", "Node", "노드"},
    Phrase{"head.policy", "Policy", "정책"},
    Phrase{"head.zone", "Times in", "표시 시간대"},
    Phrase{"head.user", "Signed in as", "로그인 사용자"},
    Phrase{"head.sign_out", "Sign out", "로그아웃"},
    Phrase{"head.language", "Language", "언어"},
    Phrase{"head.unknown", "not known", "알 수 없음"},
    Phrase{"head.well", "No problems", "문제 없음"},
    Phrase{"head.problem", "1 problem", "문제 1건"},
    Phrase{"head.problems", "{n} problems", "문제 {n}건"},
    Phrase{"head.unreachable", "Daemon not reachable", "데몬에 연결할 수 없음"},

    Phrase{"explain.title", "Explain a name", "이름 설명"},
    Phrase{"explain.name", "Name", "이름"},
    Phrase{"explain.client", "Client or group", "클라이언트 또는 그룹"},
    Phrase{"explain.identity", "Name in its certificate, or token:GROUP", "인증서의 이름 또는 token:그룹"},
    Phrase{"explain.submit", "Explain", "설명 보기"},

    Phrase{"range.label", "Range", "기간"},
    Phrase{"range.1h", "1 hour", "1시간"},
    Phrase{"range.24h", "24 hours", "24시간"},
    Phrase{"range.7d", "7 days", "7일"},
    Phrase{"range.30d", "30 days", "30일"},
    Phrase{"range.365d", "1 year", "1년"},
    Phrase{"range.from", "From", "시작"},
    Phrase{"range.to", "To", "끝"},
    Phrase{"range.since", "Since directive {id}", "지시 {id} 이후"},
    Phrase{"range.since_label", "Since directive", "지시 이후"},
    Phrase{"range.group", "Group", "그룹"},
    Phrase{"range.service", "Service", "서비스"},
    Phrase{"range.directive", "Directive", "지시"},
    Phrase{"range.all", "all", "전체"},
    Phrase{"range.show", "Show", "표시"},
    Phrase{"range.more", "Other times and filters", "다른 기간과 필터"},
    Phrase{"range.active", "Only", "필터"},
    Phrase{"range.clear", "Remove the filters", "필터 해제"},
    Phrase{
        "range.bad_time", "'{text}' is no time; write 2026-11-30 or 2026-11-30 09:00. Shown are the last 7 days.",
        "'{text}' 값은 시간이 아닙니다. 2026-11-30 또는 2026-11-30 09:00 형식으로 적으십시오. 최근 7일을 표시합니다."},
    Phrase{"range.empty", "The range ends before it begins. Shown are the last 7 days.",
           "기간의 끝이 시작보다 앞섭니다. 최근 7일을 표시합니다."},
    Phrase{"range.too_long", "The range is longer than ten years. Shown are the last 7 days.",
           "기간이 10년보다 깁니다. 최근 7일을 표시합니다."},
    Phrase{"range.unknown", "'{text}' is no range; there are 1h, 24h, 7d, 30d and 365d. Shown are the last 7 days.",
           "'{text}' 기간은 없습니다. 1h, 24h, 7d, 30d, 365d 가운데 고르십시오. 최근 7일을 표시합니다."},
    Phrase{"range.no_directive", "There is no directive '{id}'. Shown are the last 7 days.",
           "'{id}' 지시가 없습니다. 최근 7일을 표시합니다."},
    Phrase{"range.not_begun", "The directive '{id}' has no time at which it began. Shown are the last 7 days.",
           "'{id}' 지시에는 시작 시각이 없습니다. 최근 7일을 표시합니다."},
    Phrase{"filter.unknown_group", "There is no group '{id}'.", "'{id}' 그룹이 없습니다."},
    Phrase{"filter.unknown_service", "There is no service '{id}'.", "'{id}' 서비스가 없습니다."},
    Phrase{"filter.unknown_directive", "There is no directive '{id}'.", "'{id}' 지시가 없습니다."},

    Phrase{"past.none", "No history is kept: [history].file is empty. Counts over time cannot be shown.",
           "집계 기록을 보관하지 않습니다([history].file 값이 비어 있음). 기간별 집계를 표시할 수 없습니다."},
    Phrase{"past.unreadable", "The history cannot be read: {why}", "집계 기록을 읽을 수 없습니다: {why}"},

    Phrase{"daemon.unreachable", "cenoted does not answer: {why}. What it would say is missing below.",
           "cenoted에서 응답이 없습니다: {why}. 해당 내용은 아래에 표시되지 않습니다."},

    Phrase{"foot.counted", "Counted on this node since {since}.", "이 노드의 집계 시작: {since}."},
    Phrase{"foot.nothing", "Nothing was counted on this node yet.", "이 노드에는 아직 집계가 없습니다."},
    Phrase{"foot.no_gaps", "No gaps in this range.", "이 기간에는 공백이 없습니다."},
    Phrase{"foot.gaps", "Gaps in this range: {gaps}.", "이 기간의 공백: {gaps}."},
    Phrase{"foot.gap", "{from} to {to} ({why}, {node})", "{from}~{to} ({why}, {node})"},
    Phrase{"foot.more_gaps", "and {n} more", "외 {n}건"},
    Phrase{"foot.reads_only", "These pages change nothing. What they offer is a line to type on the node.",
           "이 페이지에서는 아무것도 변경하지 않습니다. 변경은 노드에서 명령을 입력하여 실행합니다."},

    Phrase{"offer.label", "Line to type", "입력할 명령"},
    Phrase{"csv", "CSV", "CSV"},
    Phrase{"table.show", "Table: {title}", "표: {title}"},
    Phrase{"refresh.pause", "Pause", "일시 정지"},
    Phrase{"refresh.go_on", "Go on", "다시 시작"},
    Phrase{"refresh.every", "Refreshed every 10 seconds", "10초마다 새로 고침"},
    Phrase{"refresh.paused", "Refreshing is paused", "새로 고침이 정지됨"},
    Phrase{"chart.help", "Left and right arrow keys read the columns.", "왼쪽·오른쪽 화살표 키로 열의 값을 읽습니다."},
};

}  // namespace

std::span<const Phrase> frame_phrases() noexcept { return kFramePhrases; }

}  // namespace cenote::pages
