// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/document/phrases.h"

namespace cenote::document {
namespace {

constexpr std::array kPassagePhrases{
    Phrase{"note.fewer", "<{limit}: few people are behind the number, and it is not shown.",
           "<{limit}: 해당하는 사람이 적어 수를 표시하지 않습니다."},
    Phrase{"note.hidden", "hidden: left out so that no subtraction gives a small number away.",
           "숨김: 빼기로 작은 수를 알아낼 수 없도록 표시하지 않습니다."},
    Phrase{"note.missing", "not counted: there is no count, which is not zero.",
           "집계 없음: 집계가 없다는 뜻이며 0이 아닙니다."},
    Phrase{"note.estimates", "Episodes and clients are estimates; the CSV files have their bounds.",
           "에피소드와 클라이언트는 추정값이며, 상한과 하한은 CSV 파일에 있습니다."},
    Phrase{"note.shortened", "Shown are {n} of {all} rows; the annex or the CSV files have all.",
           "전체 {all}행 가운데 {n}행을 표시합니다. 전체는 부록 또는 CSV 파일에 있습니다."},

    Phrase{"none.summary", "No sentence follows from the numbers.", "수치에서 나오는 문장이 없습니다."},
    Phrase{"none.findings", "No rule gives a finding.", "규칙에 따른 조치 사항이 없습니다."},
    Phrase{"none.services", "No AI service was counted in the period.", "이 기간에 집계된 AI 서비스가 없습니다."},
    Phrase{"none.categories", "No categories were counted.", "집계된 분류가 없습니다."},
    Phrase{"none.vendors", "No vendors were counted.", "집계된 공급사가 없습니다."},
    Phrase{"none.jurisdictions", "No jurisdictions were counted.", "집계된 관할국이 없습니다."},
    Phrase{"none.roles", "No roles were counted.", "집계된 역할이 없습니다."},
    Phrase{"none.hours", "The hours of the day are not known: the period is counted by whole days in part.",
           "시간대는 알 수 없습니다. 기간의 일부가 하루 단위로 집계되었습니다."},
    Phrase{"none.groups", "No group had a query for an AI service.", "AI 서비스를 질의한 그룹이 없습니다."},
    Phrase{"none.group_clients", "Clients by month were not counted.", "월별 클라이언트가 집계되지 않았습니다."},
    Phrase{"none.group_services", "No group had a query for one of these services.",
           "이 서비스들을 질의한 그룹이 없습니다."},
    Phrase{"none.service_clients", "Clients by month were not counted.", "월별 클라이언트가 집계되지 않았습니다."},
    Phrase{"none.service_roles", "Roles were not counted.", "역할이 집계되지 않았습니다."},
    Phrase{"none.directives", "No directive applied in the period, and none is planned.",
           "이 기간에 적용된 지시가 없고 예정된 지시도 없습니다."},
    Phrase{"none.directive_steps", "The directive has no dated steps.", "지시에 날짜가 있는 단계가 없습니다."},
    Phrase{"none.directive_spans", "There are no spans to compare.", "비교할 구간이 없습니다."},
    Phrase{"none.directive_days", "No days were counted.", "집계된 일자가 없습니다."},
    Phrase{"none.directive_hits", "The directive had no hits in the period.",
           "이 기간에 지시가 적중한 질의가 없습니다."},
    Phrase{"none.directive_would", "It would have hit no service that was queried.",
           "질의된 서비스 가운데 해당하는 것이 없습니다."},
    Phrase{"none.exceptions", "No exception was requested or in force.", "요청되거나 적용된 예외가 없습니다."},
    Phrase{"none.signals", "No signals were counted. Most of them need a directive over the names of category bypass.",
           "집계된 신호가 없습니다. 대부분의 신호는 우회(bypass) 분류의 이름에 대한 지시가 있어야 집계됩니다."},
    Phrase{"none.signal_groups", "No group had signals.", "신호가 있는 그룹이 없습니다."},
    Phrase{"none.signal_days", "No day had signals.", "신호가 있는 일자가 없습니다."},
    Phrase{"none.silence", "No group fell silent.", "질의가 끊긴 그룹이 없습니다."},
    Phrase{"none.proofs", "No check by real queries was saved in the period.", "이 기간에 저장된 점검이 없습니다."},
    Phrase{"none.proof_deviations", "No answer deviated from what was expected.", "기대와 다른 응답이 없습니다."},
    Phrase{"none.downtime", "No downtime is known.", "알려진 중단 시간이 없습니다."},
    Phrase{"none.suspensions", "Nothing was suspended.", "일시 중지된 적이 없습니다."},
    Phrase{"none.risk", "There is no service to put into the table.", "표에 넣을 서비스가 없습니다."},
    Phrase{"none.risk_rules", "The table has no rules.", "평가표에 규칙이 없습니다."},
    Phrase{"none.policies", "No policy of the period is known.", "이 기간의 정책을 알 수 없습니다."},
    Phrase{"none.lists", "No lists are in use.", "사용하는 목록이 없습니다."},
    Phrase{"none.gaps", "No gaps: every node counted all the time.", "공백이 없습니다. 모든 노드가 계속 집계했습니다."},
    Phrase{"none.trail", "Nothing was changed in the period.", "이 기간에 변경된 것이 없습니다."},
    Phrase{"none.sealed_days", "No days have counts.", "집계가 있는 일자가 없습니다."},

    Phrase{"chart.services", "Queries for the services with most queries, by verdict",
           "질의가 많은 서비스의 판정별 질의"},
    Phrase{"chart.services.about", "A bar for each service, divided by verdict; the table below has the numbers.",
           "서비스마다 막대 하나를 판정별로 나누었습니다. 수치는 아래 표에 있습니다."},
    Phrase{"chart.days", "Queries by day and verdict", "일별·판정별 질의"},
    Phrase{
        "chart.days.about",
        "A column for each day, divided by verdict. Hatched days have gaps; numbered lines are changes of directives.",
        "하루마다 기둥 하나를 판정별로 나누었습니다. 빗금은 공백이 있는 날이고, 번호가 있는 선은 지시의 변경입니다."},
    Phrase{"chart.weeks", "Queries by seven days and verdict", "7일 단위·판정별 질의"},
    Phrase{"chart.weeks.about",
           "A column for each seven days, divided by verdict. Hatched ones have gaps; numbered lines are changes of "
           "directives.",
           "7일마다 기둥 하나를 판정별로 나누었습니다. 빗금은 공백이 있는 주이고, 번호가 있는 선은 지시의 변경입니다."},
    Phrase{"chart.hours", "Queries by hour of the day", "시간대별 질의"},
    Phrase{"chart.hours.about", "A column for each hour of the day in the time zone of the report.",
           "보고서 시간대의 한 시간마다 기둥 하나입니다."},
    Phrase{"chart.groups", "Episodes of each group for each service", "그룹별·서비스별 에피소드"},
    Phrase{"chart.groups.about", "A row for each group, a column for each service; the darker, the more episodes.",
           "행은 그룹, 열은 서비스이며, 짙을수록 에피소드가 많습니다."},
    Phrase{"chart.directive", "Episodes a day of what directive {object} covers", "지시 {object} 대상의 하루 에피소드"},
    Phrase{"chart.directive.about",
           "A line over the days, with a dashed line for the median of each span that is compared. Hatched days are "
           "hidden or were not counted.",
           "일별 선이며, 비교한 구간의 중앙값은 파선입니다. 빗금은 숨겼거나 집계되지 않은 날입니다."},
    Phrase{"chart.signals", "Signals of each group", "그룹별 신호"},
    Phrase{"chart.signals.about", "A row for each group, a column for each signal; the darker, the more queries.",
           "행은 그룹, 열은 신호이며, 짙을수록 질의가 많습니다."},

    Phrase{"signal_text.canary",
           "a browser or device asked whether it may use a resolver of its own, was told no, and complies. Or else: it "
           "asks "
           "by itself, which shows its presence and no attempt.",
           "브라우저나 기기가 자체 리졸버를 써도 되는지 물었고, 안 된다는 답을 따랐습니다. 또는: 스스로 묻는 것이므로 "
           "존재를 "
           "보여 줄 뿐 시도가 아닙니다."},
    Phrase{"signal_text.designated",
           "a device looked for an encrypted resolver in place of this one (RFC 9462). Or else: systems ask when they "
           "join "
           "a network, and go on with this resolver.",
           "기기가 이 리졸버를 대신할 암호화 리졸버를 찾았습니다(RFC 9462). 또는: 네트워크에 연결될 때 시스템이 스스로 "
           "묻고 "
           "이 리졸버를 계속 씁니다."},
    Phrase{"signal_text.resolver",
           "something wants a public encrypted resolver or a relay. Or else: browsers and apps try built-in names "
           "unasked.",
           "공개 암호화 리졸버나 릴레이를 쓰려 합니다. 또는: 브라우저와 앱이 내장된 이름을 스스로 시도합니다."},
    Phrase{
        "signal_text.vpn",
        "something wants a VPN, a proxy, a mirror or a reseller. Or else: the agency's own VPN, an update, a page that "
        "was only read.",
        "VPN, 프록시, 미러 또는 재판매 서비스를 쓰려 합니다. 또는: 기관 자체의 VPN, 업데이트, 읽기만 한 웹 "
        "페이지입니다."},
    Phrase{
        "signal_text.turning",
        "within ten minutes after a limited name, the same address looked for a way around. Or else: programs do both "
        "by themselves; behind NAT one address is many people.",
        "제한된 이름을 물은 뒤 10분 안에 같은 주소가 우회 수단을 찾았습니다. 또는: 프로그램이 스스로 둘 다 하며, NAT "
        "뒤에서는 주소 하나가 여러 사람입니다."},
    Phrase{
        "signal_text.silence",
        "a group that asks every day has few queries or none while others go on: its clients may use another resolver. "
        "Or else: leave, holidays, a move, new addresses, a forwarder that keeps answers longer.",
        "매일 묻던 그룹의 질의가 다른 그룹과 달리 거의 끊겼습니다. 클라이언트가 다른 리졸버를 쓸 수 있습니다. 또는: "
        "휴가, "
        "공휴일, 이전, 주소 변경, 응답을 더 오래 보관하는 포워더 때문입니다."},

    Phrase{"limits.about", "A resolver sees names. What it does not see is not in this report:",
           "리졸버는 이름을 봅니다. 보지 못하는 것은 이 보고서에 없습니다."},
    Phrase{"limit.1",
           "DNS shows which names a device asks for: no content, no prompts, no accounts, no amounts of data.",
           "DNS는 기기가 묻는 이름을 보여 줍니다. 내용, 프롬프트, 계정, 데이터의 양은 보여 주지 않습니다."},
    Phrase{"limit.2",
           "Not seen are phones on mobile data, clients with another resolver, encrypted DNS or a VPN, names in a "
           "cache and "
           "addresses that are built into a program.",
           "모바일 데이터를 쓰는 휴대전화, 다른 리졸버·암호화 DNS·VPN을 쓰는 클라이언트, 캐시에 있는 이름, 프로그램에 "
           "내장된 "
           "주소는 보이지 않습니다."},
    Phrase{
        "limit.3",
        "Assistants inside another product share its names and cannot be told apart: in office suites, search pages, "
        "messengers and code platforms (OPERATIONS.md has the list).",
        "다른 제품에 들어 있는 도우미는 그 제품의 이름을 함께 쓰므로 구별할 수 없습니다: 오피스 제품, 검색 페이지, "
        "메신저, "
        "코드 플랫폼(목록은 OPERATIONS.md)."},
    Phrase{
        "limit.4",
        "People behind one address, as with NAT or a forwarder, are one client; a person with three devices is three.",
        "NAT나 포워더처럼 주소 하나 뒤에 있는 여러 사람은 클라이언트 하나이고, 기기 세 대를 쓰는 한 사람은 셋입니다."},
    Phrase{"limit.5", "Queries are not uses: programs ask ahead and in the background, and a cache hides repetition.",
           "질의는 이용이 아닙니다. 프로그램은 미리 또는 뒤에서 묻고, 캐시는 반복을 가립니다."},
    Phrase{"limit.6",
           "Clients and episodes are estimates: about 9 in 100 off for a group's clients, 3 in 100 for episodes, as a "
           "rule.",
           "클라이언트와 에피소드는 추정값입니다. 대체로 그룹의 클라이언트는 100에 9, 에피소드는 100에 3 정도의 오차가 "
           "있습니다."},
    Phrase{"limit.7", "A time in which a node did not count is a gap, and what happened in it is not known.",
           "노드가 집계하지 못한 시간은 공백이며, 그동안 일어난 일은 알 수 없습니다."},
    Phrase{"limit.8", "A service that the catalogue does not have is not seen; vendors change their names.",
           "카탈로그에 없는 서비스는 보이지 않으며, 공급사는 이름을 바꿉니다."},
    Phrase{"limit.9",
           "The jurisdiction is the seat of the vendor. It does not say where data is stored or who can read it.",
           "관할국은 공급사의 소재지입니다. 데이터가 어디에 저장되고 누가 읽을 수 있는지를 뜻하지 않습니다."},
    Phrase{"limit.10", "A difference between before and after has other causes as well: holidays, news, a new version.",
           "전후의 차이에는 휴일, 보도, 새 버전 같은 다른 원인도 있습니다."},
};

}  // namespace

std::span<const Phrase> passage_phrases() noexcept { return kPassagePhrases; }

}  // namespace cenote::document
