// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/report/trail.h"

namespace cenote::report {
namespace {

constexpr std::array kTrailPhrases{
    Phrase{"edge.directive begin", "directive {directive} in force: {after}", "지시 {directive} 시행: {after}"},
    Phrase{"edge.directive end", "directive {directive} lapsed: {before} → {after}",
           "지시 {directive} 기한 만료: {before} → {after}"},
    Phrase{"edge.directive planned step", "directive {directive} at its planned step: {before} → {after}",
           "지시 {directive} 예정된 단계: {before} → {after}"},
    Phrase{"edge.directive hours begin", "directive {directive} within its hours: {before} → {after}",
           "지시 {directive} 적용 시간 안: {before} → {after}"},
    Phrase{"edge.directive hours end", "directive {directive} outside its hours: {before} → {after}",
           "지시 {directive} 적용 시간 밖: {before} → {after}"},
    Phrase{"edge.directive suspended", "directive {directive} suspended: {before} → {after}",
           "지시 {directive} 일시 중지: {before} → {after}"},
    Phrase{"edge.directive resumed", "directive {directive} no longer suspended: {before} → {after}",
           "지시 {directive} 일시 중지 해제: {before} → {after}"},
    Phrase{"edge.directive planned again",
           "directive {directive} planned again, the clock was set back: {before} → {after}",
           "지시 {directive} 다시 예정, 시계가 뒤로 맞춰짐: {before} → {after}"},

    Phrase{"trail.gap", "gap: cenoted was not there from {from} to {to}", "공백: {from}부터 {to}까지 cenoted가 없었음"},
    Phrase{"trail.none", "none", "없음"},
    Phrase{"trail.nothing", "nothing", "없음"},
    Phrase{"trail.everyone", "everyone", "전체"},
    Phrase{"trail.changed", "changed", "변경됨"},
    Phrase{"trail.was", "was {what}", "이전 내용: {what}"},
    Phrase{"trail.directive", "{step} {targets} for {groups}", "{step}, {targets}, 대상 {groups}"},
    Phrase{"trail.allow", "{domains} for {groups}", "{domains}, 대상 {groups}"},
    Phrase{"trail.from", " from {at}", ", {at}부터"},
    Phrase{"trail.until", " until {at}", ", {at}까지"},
    Phrase{"trail.suspension", "every step observe until {at}", "{at}까지 모든 단계를 관찰로 낮춤"},
    Phrase{"trail.set", "set {before} → {after}", "세트 {before} → {after}"},

    Phrase{"trail.exception", "{whom} from {directive}", "{whom}, 지시 {directive}"},
    Phrase{"trail.for", " for {lasts}", ", 기간 {lasts}"},
    Phrase{"trail.one_more", ", one more person is needed", ", 한 사람의 승인이 더 필요함"},
    Phrase{"trail.extended", "until {from} → {to} ({more} more)", "{from} → {to} ({more} 연장)"},
    Phrase{"trail.extension_asked", "asks for until {until}, {more} more; in force until {to}",
           "{until}까지 {more} 연장 요청. 현재 {to}까지 시행"},
    Phrase{"trail.extension_approved", "the extension is approved: until {from} → {to} ({more} more)",
           "연장 승인: {from} → {to} ({more} 연장)"},
    Phrase{"trail.extension_half", "the extension until {until}, one more person is needed; in force until {to}",
           "{until}까지의 연장에 한 사람의 승인이 더 필요함. 현재 {to}까지 시행"},
    Phrase{"trail.extension_withdrawn", "the extension until {until} is withdrawn; in force until {to}",
           "{until}까지의 연장 요청 철회. 현재 {to}까지 시행"},
    Phrase{"trail.extension_denied", "the extension until {until} is denied; in force until {to}",
           "{until}까지의 연장 거부. 현재 {to}까지 시행"},
};

}  // namespace

std::span<const Phrase> trail_phrases() noexcept { return kTrailPhrases; }

}  // namespace cenote::report
