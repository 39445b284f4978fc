// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/document/phrases.h"

namespace cenote::document {
namespace {

constexpr std::array kAnnexPhrases{
    Phrase{"method.definitions", "Definitions", "정의"},
    Phrase{"definition.1.term", "Query", "질의"},
    Phrase{"definition.1.text", "A DNS query of a client that the resolver answered, for a name of an AI service.",
           "AI 서비스의 이름에 대하여 클라이언트가 보내고 리졸버가 응답한 DNS 질의."},
    Phrase{"definition.2.term", "Episode", "에피소드"},
    Phrase{"definition.2.text", "One client in one span of ten minutes with at least one query for the service.",
           "클라이언트 하나가 10분 구간 하나에서 서비스를 한 번 이상 질의한 것."},
    Phrase{"definition.3.term", "Client", "클라이언트"},
    Phrase{"definition.3.text",
           "An address that sends queries. Clients are estimated by a sketch with a secret key, which leads "
           "back to no address.",
           "질의를 보내는 주소. 비밀 키를 쓰는 스케치로 추정하며, 스케치로 주소를 알아낼 수 없습니다."},
    Phrase{"definition.4.term", "Verdict", "판정"},
    Phrase{
        "definition.4.text",
        "What the policy decided for a query: blocked (B) and restricted (R) were not resolved; advised against (A), "
        "observed (O), opened by an exception (E) and left open by an allow (L) were.",
        "질의에 대한 정책의 결정: 차단(B)과 제한(R)은 해석하지 않았고, 자제 권고(A)·관찰(O)·예외로 열림(E)·허용으로 "
        "열림(L)은 해석했습니다."},
    Phrase{"definition.5.term", "Change", "증감"},
    Phrase{"definition.5.text", "Queries against those of the period of equal length before this one.",
           "같은 길이의 직전 기간과 비교한 질의의 증감."},
    Phrase{"definition.6.term", "Role", "역할"},
    Phrase{"definition.6.text",
           "What the name is for: web pages, an app, the interface for programs (API), sign-in and others.",
           "이름의 용도: 웹 페이지, 앱, 프로그램용 인터페이스(API), 로그인 등."},
    Phrase{"definition.7.term", "Hits that still come", "계속되는 질의"},
    Phrase{"definition.7.text", "Queries that a limit answered. Programs repeat them by themselves.",
           "제한이 응답한 질의. 프로그램이 스스로 되풀이하기도 합니다."},

    Phrase{"method.how", "How the numbers are made", "수치를 만드는 방법"},
    Phrase{"how.1",
           "Counts come from the history of the nodes: by minute, then by hour, then by day; they have no client.",
           "수치는 노드의 기록에서 나옵니다. 분·시간·일 단위 순서로 보관하며 클라이언트는 들어 있지 않습니다."},
    Phrase{
        "how.2",
        "Medians are of episodes a day. Days with gaps are left out, and each day before has one after on the same day "
        "of the week.",
        "중앙값은 하루 에피소드의 중앙값입니다. 공백이 있는 날은 빼고, 전후의 날을 같은 요일끼리 대응시킵니다."},
    Phrase{"how.3",
           "The effect is 1 − during ÷ before. Its interval is what the error of the estimates allows, at 95%.",
           "효과는 1 − 중 ÷ 전입니다. 구간은 추정 오차가 허용하는 범위이며 신뢰 수준은 95%입니다."},
    Phrase{
        "how.4",
        "Numbers of people below the limit are hidden, and others with them where a subtraction would give them away.",
        "기준보다 작은 사람 수는 숨기고, 빼기로 알아낼 수 있게 되는 다른 수도 함께 숨깁니다."},
    Phrase{"how.5", "All shares are whole thousandths; no number of this report was typed by a person.",
           "모든 비율은 1000분의 1 단위입니다. 이 보고서의 수치 가운데 사람이 적은 것은 없습니다."},
    Phrase{"method.sources", "Sources", "출처"},
    Phrase{"method.smallest", "Smallest number of people shown", "표시하는 최소 사람 수"},
    Phrase{"method.registers", "Registers of a sketch", "스케치의 레지스터 수"},
    Phrase{"method.keep_hours", "Hours are kept for", "시간 단위 보관 기간"},
    Phrase{"method.catalogue", "Digest of the catalogue", "카탈로그 다이제스트"},
    Phrase{"method.catalogue_rows", "Services in the catalogue", "카탈로그의 서비스 수"},
    Phrase{"method.catalogue_checked", "Last checked by a person", "사람이 마지막으로 확인한 날"},
    Phrase{"method.catalogue_stale", "Services with old evidence", "근거가 오래된 서비스 수"},

    Phrase{"annex.tables", "Tables in full", "전체 표"},
    Phrase{"annex.tables_text",
           "All tables of the report are CSV files as well: cenote report --format csv --out FOLDER.",
           "보고서의 모든 표는 CSV 파일로도 받을 수 있습니다: cenote report --format csv --out FOLDER."},
    Phrase{"annex.nist", "Where this report serves the NIST AI Risk Management Framework",
           "NIST AI 위험관리 프레임워크와의 대응"},
    Phrase{"annex.nist_text",
           "The functions of AI RMF 1.0 (NIST AI 100-1), and the parts that give facts for them. It is no claim of "
           "conformity.",
           "AI RMF 1.0(NIST AI 100-1)의 기능과 그에 필요한 사실을 주는 부입니다. 적합성을 주장하는 것은 아닙니다."},
    Phrase{"nist.1.term", "Govern", "거버넌스(Govern)"},
    Phrase{"nist.1.text",
           "Directives with issuer, basis and dates (6); exceptions with two persons (7); changes in the audit "
           "trail (13).",
           "발령 기관·근거·날짜가 있는 지시(6부), 두 사람이 관여하는 예외(7부), 감사 기록의 변경 사항(13부)."},
    Phrase{"nist.2.term", "Map", "파악(Map)"},
    Phrase{"nist.2.text",
           "Which AI services are in use, by category, vendor, jurisdiction and role (4); which groups use them (5).",
           "이용되는 AI 서비스의 분류·공급사·관할국·역할(4부), 이용하는 그룹(5부)."},
    Phrase{"nist.3.term", "Measure", "측정(Measure)"},
    Phrase{"nist.3.text",
           "Use before, during and after a limit (6); proof by real queries (9); limits of the measurement (11).",
           "제한 전·중·후의 이용(6부), 실제 질의에 의한 증명(9부), 측정의 한계(11부)."},
    Phrase{"nist.4.term", "Manage", "관리(Manage)"},
    Phrase{"nist.4.text", "Findings with the line to type (3); attention by printed rules (10); exceptions to end (7).",
           "입력할 명령이 있는 조치 사항(3부), 공개된 규칙에 따른 주의 수준(10부), 종료를 검토할 예외(7부)."},
    Phrase{"annex.nis", "Where this report serves the security guidance of the National Intelligence Service (Korea)",
           "국가정보원 보안 지침과의 대응"},
    Phrase{
        "annex.nis_text",
        "Fields of the guidance on the security of AI, by subject, and the parts that give facts for them. The numbers "
        "of its items are those of the edition that the authority uses.",
        "AI 보안 지침의 분야와 그에 필요한 사실을 주는 부입니다. 항목 번호는 기관이 사용하는 판을 따릅니다."},
    Phrase{"nis.1.term", "Access control", "접근 통제"},
    Phrase{"nis.1.text", "Which services are limited for which groups (6); exceptions with purpose and end (7).",
           "그룹별로 제한되는 서비스(6부), 목적과 기한이 있는 예외(7부)."},
    Phrase{"nis.2.term", "Logging and audit", "로그 기록과 감사"},
    Phrase{"nis.2.text",
           "The hash-chained audit trail and its changes (13); sealed days and the digest of the data (1, 13).",
           "해시로 연결된 감사 기록과 변경 사항(13부), 봉인된 일자와 데이터 다이제스트(1부, 13부)."},
    Phrase{"nis.3.term", "Use of external AI services", "외부 AI 서비스의 이용"},
    Phrase{"nis.3.text", "Services in use and not limited (3, 4); vendors and jurisdictions (4, 10).",
           "제한 없이 이용 중인 서비스(3부, 4부), 공급사와 관할국(4부, 10부)."},
    Phrase{"nis.4.term", "Protection of what is entered", "입력 정보의 보호"},
    Phrase{
        "nis.4.text",
        "Not measured: DNS does not see what is entered (11). Roles show whether programs use an API (4).",
        "측정하지 않습니다. DNS는 입력 내용을 보지 못합니다(11부). 프로그램의 API 이용 여부는 역할에 나타납니다(4부)."},
    Phrase{"nis.5.term", "Verification of measures", "보안 대책의 점검"},
    Phrase{"nis.5.text", "Checks by real queries, downtime and suspensions (9).",
           "실제 질의에 의한 점검, 중단 시간, 일시 중지(9부)."},

    Phrase{"annex.glossary", "Words", "용어"},
    Phrase{"glossary.1.term", "directive", "지시"},
    Phrase{"glossary.1.text", "An order about AI services for groups of clients, with a step, a time and a reason.",
           "클라이언트 그룹에 대하여 AI 서비스에 관한 단계·기간·사유를 정한 명령."},
    Phrase{"glossary.2.term", "step", "단계"},
    Phrase{"glossary.2.text", "What a directive orders: observe, advise, restrict (exceptions are possible), block.",
           "지시가 정하는 것: 관찰, 자제 권고, 제한(예외 가능), 차단."},
    Phrase{"glossary.3.term", "exception", "예외"},
    Phrase{"glossary.3.text",
           "A permission under a directive at step restrict, approved by a second person, with an end.",
           "제한 단계의 지시에 대하여 다른 사람이 승인하고 기한이 있는 허가."},
    Phrase{"glossary.4.term", "allow", "허용"},
    Phrase{"glossary.4.text", "A name that steps below block leave open.", "차단보다 낮은 단계에서 열어 두는 이름."},
    Phrase{"glossary.5.term", "suspension", "일시 중지"},
    Phrase{"glossary.5.text", "A time in which nothing is limited: every step counts as observe at most.",
           "아무것도 제한하지 않는 시간: 모든 단계를 관찰로 봅니다."},
    Phrase{"glossary.6.term", "gap", "공백"},
    Phrase{"glossary.6.text", "A time in which a node did not count.", "노드가 집계하지 못한 시간."},
    Phrase{"glossary.7.term", "policy", "정책"},
    Phrase{"glossary.7.text", "All rules in force together; its digest names it, and every policy is kept whole.",
           "시행 중인 모든 규칙. 다이제스트로 식별하며 모든 정책을 온전히 보관합니다."},
    Phrase{"glossary.8.term", "digest", "다이제스트"},
    Phrase{"glossary.8.text", "SHA-256 of some data: another digest means other data.",
           "데이터의 SHA-256 값: 다이제스트가 다르면 데이터가 다릅니다."},
    Phrase{"glossary.9.term", "audit trail", "감사 기록"},
    Phrase{"glossary.9.text", "The records of every change, each with the hash of the one before.",
           "모든 변경의 기록. 각 기록에 앞 기록의 해시가 들어 있습니다."},
};

}  // namespace

std::span<const Phrase> annex_phrases() noexcept { return kAnnexPhrases; }

}  // namespace cenote::document
