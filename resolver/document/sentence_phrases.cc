// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/document/phrases.h"

namespace cenote::document {
namespace {

constexpr std::array kSentencePhrases{
    Phrase{"report", "Report on the use of AI services", "AI 서비스 이용 보고서"},
    Phrase{"contents", "Contents", "차례"},
    Phrase{"skip", "Skip to the report", "본문으로 건너뛰기"},
    Phrase{"figure_table", "Table: {title}", "표: {title}"},

    Phrase{"cover.title", "Title", "제목"},
    Phrase{"cover.period", "Period", "기간"},
    Phrase{"cover.period_value", "{from} to {to} (not included), {days} days", "{from}부터 {to} 전까지, {days}일"},
    Phrase{"cover.counted", "Counted", "집계된 기간"},
    Phrase{"cover.counted_value", "{from} to {to}", "{from}부터 {to}까지"},
    Phrase{"cover.counted_none", "nothing: the history has no counts for this period",
           "없음: 이 기간의 집계가 기록에 없습니다"},
    Phrase{"cover.zone", "Time zone", "시간대"},
    Phrase{"cover.nodes", "Nodes", "노드"},
    Phrase{"cover.groups", "Groups", "그룹"},
    Phrase{"cover.directive", "Only directive", "한정한 지시"},
    Phrase{"cover.group", "Only group", "한정한 그룹"},
    Phrase{"cover.smallest", "Small numbers", "작은 수"},
    Phrase{"cover.smallest_value", "numbers of people below {n} are hidden", "{n}보다 작은 사람 수는 숨깁니다"},
    Phrase{"cover.made", "Made", "작성"},
    Phrase{"cover.made_value", "{at} by {by} on {node}, Cenote {version}", "{at}, {by}, 노드 {node}, Cenote {version}"},
    Phrase{"cover.digest", "Digest of the data", "데이터 다이제스트"},
    Phrase{"cover.days_only",
           "Some of the period is older than the hours that are kept: it is counted by whole days of UTC.",
           "기간의 일부는 시간 단위 기록의 보관 기간보다 오래되어 UTC 기준 하루 단위로 집계했습니다."},
    Phrase{"cover.not_exact",
           "The period does not begin and end on whole hours of UTC: an hour counts for the day in which it begins.",
           "기간의 시작이나 끝이 UTC 정시가 아닙니다. 한 시간의 집계는 그 시간이 시작된 날에 포함됩니다."},
    Phrase{"cover.damaged", "Rows of the history that are damaged and left out: {n}.",
           "손상되어 제외한 기록의 행: {n}개."},
    Phrase{
        "cover.seeds",
        "The nodes estimate clients with different keys: their numbers are added up, and a client that uses "
        "several nodes counts several times.",
        "노드마다 클라이언트 추정에 쓰는 키가 다릅니다. 노드별 수를 더했으므로 여러 노드를 쓰는 클라이언트는 여러 번 "
        "세어집니다."},
    Phrase{"cover.gaps", "Times in which a node did not count: {n} (part 12).",
           "노드가 집계하지 못한 시간: {n}건 (12부)."},
    Phrase{"cover.check", "How to check this report", "보고서 확인 방법"},
    Phrase{"cover.check_text",
           "The digest is the SHA-256 of the report's data, the same in every format and language, and on every node "
           "that holds the same history. This command computes the numbers again from the history, compares each day "
           "with its seal in the audit trail, and names what differs. FILE.json is the report in the format json.",
           "다이제스트는 보고서 데이터의 SHA-256 값입니다. 형식과 언어에 관계없이 같으며, 같은 기록을 가진 모든 "
           "노드에서도 "
           "같습니다. 아래 명령은 기록에서 수를 다시 계산하고, 각 일자를 감사 기록의 봉인과 비교하여 다른 점을 알려 "
           "줍니다. "
           "FILE.json은 json 형식의 보고서입니다."},
    Phrase{
        "cover.check_signed",
        "A report may have a signature beside it (FILE.minisig): it is checked with minisign and the public key of the "
        "body that signed it.",
        "보고서와 함께 서명 파일(FILE.minisig)이 있으면 minisign과 서명 기관의 공개 키로 확인합니다."},

    Phrase{"all_directives", "(all)", "(전체)"},
    Phrase{"subject.directive", "the services of directive {directive}", "지시 {directive} 대상 서비스"},
    Phrase{
        "summary.use_fell",
        "Use of {subject} fell from {before} to {after} episodes a day after {at} (directive {directive}, {change}).",
        "{at} 이후 {subject} 이용이 하루 에피소드 {before}건에서 {after}건으로 줄었습니다(지시 {directive}, "
        "{change})."},
    Phrase{
        "summary.use_rose",
        "Use of {subject} rose from {before} to {after} episodes a day after {at} (directive {directive}, {change}).",
        "{at} 이후 {subject} 이용이 하루 에피소드 {before}건에서 {after}건으로 늘었습니다(지시 {directive}, "
        "{change})."},
    Phrase{
        "summary.use_steady",
        "Use of {subject} stayed about the same after {at}: {before} episodes a day before, {after} after (directive "
        "{directive}, {change}).",
        "{at} 전후로 {subject} 이용에 뚜렷한 변화가 없었습니다: 하루 에피소드 이전 {before}건, 이후 {after}건(지시 "
        "{directive}, {change})."},
    Phrase{"summary.total",
           "In the period there were {queries} ({episodes}) for {services} AI services, from {groups} groups.",
           "이 기간에 AI 서비스 {services}개에 대하여 그룹 {groups}개에서 {queries}({episodes})이 있었습니다."},
    Phrase{"summary.limited", "Limited were {limited}, {share} of all; directives covered {directive_queries}.",
           "제한된 것은 {limited}으로 전체의 {share}이며, 지시가 적용된 것은 {directive_queries}입니다."},
    Phrase{"summary.exceptions",
           "Exceptions: {asked} requested, {agreed} approved, {denied} denied, {used} used, with {queries}.",
           "예외: 요청 {asked}건, 승인 {agreed}건, 거부 {denied}건, 사용 {used}건, {queries}."},
    Phrase{
        "summary.proof",
        "Proof: {checks} checks on {nodes} nodes, {deviations} of them with another answer than expected; last {at}.",
        "증명: 노드 {nodes}개에서 {checks}건을 점검하여 기대와 다른 응답이 {deviations}건 있었습니다. 마지막 점검 "
        "{at}."},
    Phrase{"summary.no_proof", "In the period nobody has checked by real queries that the limits hold.",
           "이 기간에는 제한이 지켜지는지를 실제 질의로 점검한 적이 없습니다."},
    Phrase{"summary.gaps",
           "Nodes did not count for {time} in all, {count} times; this use is missing from the numbers.",
           "노드가 집계하지 못한 시간이 모두 {time}, {count}회 있었으며, 그동안의 이용은 수치에 없습니다."},
    Phrase{"summary.no_data", "For this period there are no counts: the report says nothing about use.",
           "이 기간의 집계가 없습니다. 이 보고서로는 이용에 대하여 아무것도 말할 수 없습니다."},
    Phrase{"summary.bypass",
           "Signals of ways around the resolver: {signals}, from {groups} groups; none of them is proof.",
           "리졸버를 우회하려 했을 수 있는 신호: {signals}건, 그룹 {groups}개. 어느 것도 증거는 아닙니다."},
    Phrase{"summary.light", "The whole, by the rule: {rule}", "전체 판단. 적용된 규칙: {rule}"},
    Phrase{
        "summary_about",
        "Each sentence is made from numbers of this report by a fixed rule. A change from before to after is no proof "
        "of a cause.",
        "각 문장은 정해진 규칙에 따라 이 보고서의 수치로 만듭니다. 전후의 변화가 원인을 증명하지는 않습니다."},

    Phrase{"findings_about", "Each line to type stands below its finding. The report changes nothing by itself.",
           "각 사항 아래에 입력할 명령이 있습니다. 보고서 자체는 아무것도 바꾸지 않습니다."},
    Phrase{"finding.new_service", "{object} was used for the first time.", "{object}: 처음 이용되었습니다."},
    Phrase{"finding.unlimited_in_use", "{object} is in use, and no directive limits it.",
           "{object}: 이용 중이지만 제한하는 지시가 없습니다."},
    Phrase{"finding.exception_unratified", "Exception {object} was an emergency, and no second person has ratified it.",
           "예외 {object}: 긴급 예외이며 다른 사람의 추인이 없습니다."},
    Phrase{"finding.exception_never_used", "Exception {object} was approved and never used.",
           "예외 {object}: 승인되었으나 한 번도 사용되지 않았습니다."},
    Phrase{"finding.bypass_signals", "{object} gave signals of ways around the resolver.",
           "{object}: 리졸버를 우회하려 했을 수 있는 신호가 있습니다."},
    Phrase{"finding.directive_without_effect", "Directive {object} is in force, and use has not fallen.",
           "지시 {object}: 시행 중이지만 이용이 줄지 않았습니다."},
    Phrase{"finding.stale_row", "The catalogue entry {object} has no recent evidence.",
           "카탈로그 항목 {object}: 최근의 근거가 없습니다."},
    Phrase{"finding.gap_row", "Services of the catalogue were covered all the time, and nobody asked for them.",
           "카탈로그의 서비스 가운데 기간 내내 지시가 적용되었으나 질의가 없는 것이 있습니다."},
    Phrase{"finding.no_proof", "For directive {object} nobody has checked by real queries that it holds.",
           "지시 {object}: 지켜지는지를 실제 질의로 점검한 적이 없습니다."},
    Phrase{"finding.proof_deviates", "For directive {object} the last check found answers that deviate.",
           "지시 {object}: 마지막 점검에서 기대와 다른 응답이 있었습니다."},
    Phrase{"finding.gaps", "Node {object} did not count for some of the period.",
           "노드 {object}: 기간 중 집계하지 못한 시간이 있습니다."},
    Phrase{"finding.review_due", "Directive {object} is due for review.", "지시 {object}: 검토할 때가 되었습니다."},

    Phrase{"use.about",
           "A query is one question of a device to the resolver; one page asks many, and a cache of the device hides "
           "some. An episode is one client in ten minutes with at least one query for the service: it follows use more "
           "closely. Neither says what was written or read.",
           "질의는 기기가 리졸버에 묻는 물음 하나입니다. 웹 페이지 하나가 여러 번 묻고, 기기의 캐시가 일부를 가립니다. "
           "에피소드는 클라이언트 하나가 10분 동안 서비스를 한 번 이상 질의한 것으로, 실제 이용에 더 가깝습니다. 어느 "
           "것도 "
           "무엇을 쓰거나 읽었는지는 알려 주지 않습니다."},
    Phrase{"use.services", "Services with most queries", "질의가 많은 서비스"},
    Phrase{"use.concentration",
           "The five services with most queries have {share} of all queries; {services} services are in use.",
           "질의가 가장 많은 다섯 서비스가 전체 질의의 {share}입니다. 이용된 서비스는 모두 {services}개입니다."},
    Phrase{"use.kinds", "By category, vendor, jurisdiction and role", "분류·공급사·관할국·역할별"},
    Phrase{"use.days", "By day", "일별"},
    Phrase{"use.weeks", "By seven days, each row from its first day on", "7일 단위 (각 행은 첫날부터)"},
    Phrase{"use.hours", "By hour of the day", "시간대별"},
    Phrase{"gap_name", "gap: counted in part or not at all", "공백: 일부만 또는 전혀 집계되지 않음"},
    Phrase{"mark", "{n}: {day}, directive {directive}: {step}", "{n}: {day}, 지시 {directive}: {step}"},
    Phrase{"mark.switch", "1: the switch, {at}", "1: 전환 시각 {at}"},

    Phrase{
        "groups.about",
        "Groups are networks, not persons. Behind one address there may be many people, and one person may have "
        "several "
        "devices. Clients are counted by month and cannot be added up over months.",
        "그룹은 사람이 아니라 네트워크입니다. 주소 하나 뒤에 여러 사람이 있을 수 있고, 한 사람이 여러 기기를 쓸 수도 "
        "있습니다. 클라이언트는 월별로 세며 여러 달의 수를 더할 수 없습니다."},
    Phrase{"heat.marks", "Hatched: few people are behind the number; * hidden, ? not counted.",
           "빗금: 해당하는 사람이 적습니다. * 숨김, ? 집계 없음."},

    Phrase{
        "directives.about",
        "For each directive, equal spans before, during and after are compared, with the same days of the week in "
        "each. The effect is the part by which the median of episodes a day became smaller, with the interval that the "
        "error of the estimates leaves. Episodes count clients that asked, also those that only got the answer of the "
        "limit; what got through are the queries that were not limited.",
        "지시마다 길이가 같고 요일이 대응하는 전·중·후 구간을 비교합니다. 효과는 하루 에피소드의 중앙값이 줄어든 "
        "비율이며, "
        "추정 오차에 따른 구간을 함께 적습니다. 에피소드에는 제한 응답만 받은 클라이언트도 포함됩니다. 실제로 통과한 "
        "것은 "
        "제한되지 않은 질의입니다."},
    Phrase{"directives.document", "The document of the directive:", "지시 문서:"},
    Phrase{
        "effect.fell",
        "Use fell by {effect} ({low} to {high}): the median went from {before} to {during} episodes a day, by {days} "
        "matched days.",
        "이용이 {effect} 줄었습니다({low}~{high}): 대응시킨 {days}일 기준으로 하루 에피소드의 중앙값이 {before}건에서 "
        "{during}건이 되었습니다."},
    Phrase{
        "effect.rose",
        "Use rose by {effect} ({low} to {high}): the median went from {before} to {during} episodes a day, by {days} "
        "matched days.",
        "이용이 {effect} 늘었습니다({low}~{high}): 대응시킨 {days}일 기준으로 하루 에피소드의 중앙값이 {before}건에서 "
        "{during}건이 되었습니다."},
    Phrase{"effect.none", "No effect is given: {why}.", "효과를 제시하지 않습니다: {why}."},
    Phrase{
        "would",
        "This directive limited nothing in the period. Had it been in force, it would have limited: queries {queries}; "
        "episodes {episodes}.",
        "이 지시는 기간 중 아무것도 제한하지 않았습니다. 시행되었다면 제한되었을 것: 질의 {queries}, 에피소드 "
        "{episodes}."},

    Phrase{"exceptions.counts", "Exceptions: {all} in all, {agreed} approved, {used} used ({states}).",
           "예외: 전체 {all}건, 승인 {agreed}건, 사용 {used}건({states})."},
    Phrase{"exceptions.emergencies", "Emergencies: {n}, of these without a second person: {open}.",
           "긴급 예외: {n}건, 그중 다른 사람의 추인이 없는 것: {open}건."},
    Phrase{"exceptions.never_used", "Approved and never used, candidates to end: {ids}",
           "승인되었으나 사용되지 않아 종료를 검토할 예외: {ids}"},
    Phrase{
        "bypass.about",
        "A signal is a question for the people of a group, not an answer. It shows attempts at most: a client that has "
        "gone around the resolver asks nothing here. There is no score.",
        "신호는 그룹에 물어볼 거리이지 답이 아닙니다. 기껏해야 시도를 보여 줄 뿐이며, 이미 우회한 클라이언트는 여기에 "
        "아무것도 묻지 않습니다. 점수는 매기지 않습니다."},
    Phrase{
        "proof.about",
        "'cenote prove' sends real queries for every name of a directive, in every type, form and transport, to every "
        "node, and compares the answers with those that the policy demands.",
        "'cenote prove'는 지시의 모든 이름을 모든 유형·형태·전송 방식으로 모든 노드에 실제로 질의하고, 응답을 정책이 "
        "요구하는 것과 비교합니다."},
    Phrase{"risk.text", "The rules as the file has them:", "규칙 파일의 내용:"},
    Phrase{
        "risk.about",
        "The table puts facts beside the exposure and names the attention that a printed rule demands. It is no score. "
        "The authority can replace the rules. Source of the rules: {source}; digest {digest}.",
        "이 표는 사실과 노출을 나란히 놓고, 아래에 적힌 규칙이 요구하는 주의 수준을 표시합니다. 점수가 아닙니다. "
        "규칙은 "
        "기관이 바꿀 수 있습니다. 규칙의 출처: {source}, 다이제스트 {digest}."},
};

}  // namespace

std::span<const Phrase> sentence_phrases() noexcept { return kSentencePhrases; }

}  // namespace cenote::document
