// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/privacy_phrases.h"

namespace cenote::report {
namespace {

constexpr PrivacyPhrases kEnglish{
    .title = "What the DNS resolver {} keeps of queries",
    .made = "As of {}, from the configuration in force (policy {}).",
    .purpose = "What it is for",
    .purpose_text =
        "The resolver answers DNS queries, and applies directives about AI services. It sees which name "
        "a device asks for, and no content: no page, no prompt, no account.",
    .kept = "What is kept of a query",
    .of_every =
        "Of every query: it is counted, by the kind of answer and by group. How many different clients a group "
        "has is an estimate, made of keyed hashes that lead back to no client.",
    .of_sample =
        "Of a sample of all answers: names that resolve, with the number of their clients. They are in memory "
        "only, and a name is shown from {} clients on.",
    .of_covered =
        "Of a query for a service that a directive covers: the service, the directive, the group, the "
        "verdict and the way it came are counted.",
    .names_alone =
        "Queries that no directive covers are kept in the query log or sent on as well, always without the client.",
    .level_none = "Level: none. Nothing of a client is kept but its group: no address and no pseudonym.",
    .level_pseudonym =
        "Level: pseudonym. A pseudonym of the client is kept with such a query, made with a secret key "
        "that is replaced every {}. Until the key is destroyed, the address can be found by two persons "
        "together, for a purpose that is recorded.",
    .level_address =
        "Level: address. The address of the client is kept with such a query, and whether a certificate or a token "
        "has put it into its group.",
    .agreement = "This is allowed by: {}.",
    .less = "Less is kept under directive {}: {}.",
    .stores = "Where, and for how long",
    .memory =
        "Memory of the program: counts and the sample, until it ends; the address of a client while its query "
        "is answered. Above level none also the clients with the most queries, and those that asked for ways "
        "around the resolver.",
    .history = "{}: counts without clients, by minute for {}, by hour for {}, by day until they are deleted.",
    .no_history = "No counts are kept on disk.",
    .log = "{}: a line for each such query, for {} after its file is closed; files are closed each day.",
    .no_log = "No query log is kept.",
    .sent = "{}: such lines are sent there as they come. What is kept there, and for how long, is governed there.",
    .keys =
        "{}: the keys of the pseudonyms, each destroyed {} after its last use. From then on nobody can find the "
        "address.",
    .trail =
        "{}: the rules, exceptions with the client or group that they are for, and the audit trail: who changed "
        "what, who looked at clients, and why. It is kept until it is deleted, and cannot be altered unnoticed.",
    .who = "Who may look",
    .counts = "Counts: {}.",
    .clients = "Clients and single queries: {}. Each look is a record of the audit trail.",
    .reveal =
        "The address behind a pseudonym: on the request of one of these with a purpose, after the approval of "
        "another person. Both are records of the audit trail.",
    .changes = "Changes of rules: {}. Approval of exceptions: {}. This right alone shows no client.",
    .small = "Small numbers",
    .small_text = "Numbers of clients below {} are not shown, and cannot be found by subtraction of numbers that are.",
    .never = "What is never kept",
    .never_client = "A client together with a name that no directive covers, in any file.",
    .never_forwarded =
        "Such names in any file or stream of single queries, unless this statement says above that the "
        "query log has them.",
    .never_content = "What people read, write or send: a resolver does not see it.",
    .never_silent =
        "More than this in silence: each reload of the configuration, each change of a rule and each look "
        "is a record of the audit trail, and a level above none is refused without what allows it.",
    .rights = "Your rights",
    .rights_text =
        "You may ask what is held about the address of your device, and that it be removed. The persons who "
        "run this resolver answer with 'cenote privacy about' and 'cenote privacy erase'.",
    .none = "nothing of a client",
    .pseudonym = "a pseudonym",
    .address = "the address",
    .days = "{} days",
    .hours = "{} hours",
    .root_alone = "the administrator of the machine",
    .root_and = "the administrator of the machine and the unix groups {}",
};

constexpr PrivacyPhrases kKorean{
    .title = "DNS 리졸버 {}가 질의에 대해 보관하는 것",
    .made = "{} 현재, 적용 중인 설정에 따름 (정책 {}).",
    .purpose = "목적",
    .purpose_text =
        "이 리졸버는 DNS 질의에 응답하고 AI 서비스에 관한 지시를 적용합니다. 기기가 어떤 이름을 묻는지만 "
        "보며, 웹 페이지·프롬프트·계정 등 내용은 보지 않습니다.",
    .kept = "질의에서 보관하는 것",
    .of_every =
        "모든 질의: 응답의 종류와 그룹별로 횟수를 셉니다. 그룹의 서로 다른 클라이언트 수는 키를 쓴 해시로 추정한 "
        "값이며, 이 해시로 클라이언트를 알아낼 수 없습니다.",
    .of_sample =
        "모든 응답의 표본: 존재하는 이름과 그 이름을 물은 클라이언트의 수. 메모리에만 있으며, 클라이언트가 {}개 "
        "이상인 이름만 표시합니다.",
    .of_covered = "지시가 적용되는 서비스에 대한 질의: 서비스, 지시, 그룹, 판정, 전송 방식별로 횟수를 셉니다.",
    .names_alone =
        "지시가 적용되지 않는 질의도 질의 로그에 기록하거나 다른 곳으로 보내며, 이때 클라이언트는 결코 포함되지 "
        "않습니다.",
    .level_none =
        "수준: none(없음). 클라이언트에 대해서는 그룹 외에 아무것도 보관하지 않습니다. 주소도 가명도 없습니다.",
    .level_pseudonym =
        "수준: pseudonym(가명). 이러한 질의와 함께 클라이언트의 가명을 보관합니다. 가명은 {}마다 바뀌는 비밀 "
        "키로 만듭니다. 키가 파기되기 전까지는 기록된 목적이 있을 때 두 사람이 함께해야만 주소를 알아낼 수 "
        "있습니다.",
    .level_address =
        "수준: address(주소). 이러한 질의와 함께 클라이언트의 주소와, 인증서나 토큰으로 그룹에 속했는지를 보관합니다.",
    .agreement = "근거: {}.",
    .less = "지시 {}에서는 더 적게 보관합니다: {}.",
    .stores = "보관 장소와 기간",
    .memory =
        "프로그램의 메모리: 횟수와 표본은 프로그램이 끝날 때까지, 클라이언트의 주소는 질의에 응답하는 동안. none보다 "
        "높은 수준에서는 질의가 가장 많은 클라이언트와 리졸버를 우회하는 방법을 물은 클라이언트도 있습니다.",
    .history = "{}: 클라이언트 없는 횟수. 분 단위는 {}, 시간 단위는 {}, 일 단위는 삭제할 때까지.",
    .no_history = "횟수를 디스크에 보관하지 않습니다.",
    .log = "{}: 이러한 질의마다 한 줄. 파일을 닫은 뒤 {} 동안 보관하며, 파일은 매일 닫습니다.",
    .no_log = "질의 로그를 보관하지 않습니다.",
    .sent = "{}: 이러한 줄을 생기는 대로 보냅니다. 그곳에서 무엇을 얼마 동안 보관하는지는 그곳에서 정합니다.",
    .keys = "{}: 가명의 키. 마지막으로 쓰인 뒤 {}이 지나면 파기하며, 그 뒤로는 누구도 주소를 알아낼 수 없습니다.",
    .trail =
        "{}: 규칙, 예외와 그 대상인 클라이언트 또는 그룹, 그리고 감사 기록(누가 무엇을 바꾸었고 누가 왜 클라이언트를 "
        "보았는지). 삭제할 때까지 보관하며, 고치면 드러납니다.",
    .who = "볼 수 있는 사람",
    .counts = "횟수: {}.",
    .clients = "클라이언트와 개별 질의: {}. 볼 때마다 감사 기록에 남습니다.",
    .reveal =
        "가명 뒤의 주소: 위 사람 중 한 명이 목적을 밝혀 요청하고 다른 사람이 승인한 뒤에만. 둘 다 감사 기록에 "
        "남습니다.",
    .changes = "규칙 변경: {}. 예외 승인: {}. 이 권한만으로는 클라이언트를 볼 수 없습니다.",
    .small = "작은 수",
    .small_text = "{}보다 작은 클라이언트 수는 표시하지 않으며, 표시된 수를 빼서 알아낼 수도 없습니다.",
    .never = "결코 보관하지 않는 것",
    .never_client = "지시가 적용되지 않는 이름과 함께 클라이언트를 어떤 파일에도 남기지 않습니다.",
    .never_forwarded =
        "그러한 이름을 개별 질의의 파일이나 스트림에 남기지 않습니다. 다만 위에서 질의 로그에 남는다고 밝힌 "
        "경우는 예외입니다.",
    .never_content = "사람이 읽거나 쓰거나 보내는 내용: 리졸버는 이를 볼 수 없습니다.",
    .never_silent =
        "몰래 그 이상을 보관하지 않습니다: 설정을 다시 읽을 때, 규칙을 바꿀 때, 볼 때마다 감사 기록에 남으며, "
        "none보다 높은 수준은 그 근거 없이는 거부됩니다.",
    .rights = "여러분의 권리",
    .rights_text =
        "자신의 기기 주소에 대해 무엇이 보관되어 있는지 물을 수 있고, 지워 달라고 요구할 수 있습니다. 리졸버 운영자는 "
        "'cenote privacy about'과 'cenote privacy erase'로 응합니다.",
    .none = "클라이언트에 대해 아무것도 보관하지 않음",
    .pseudonym = "가명",
    .address = "주소",
    .days = "{}일",
    .hours = "{}시간",
    .root_alone = "기기의 관리자",
    .root_and = "기기의 관리자와 유닉스 그룹 {}",
};

}  // namespace

const PrivacyPhrases& privacy_phrases(StatementLanguage language) noexcept {
    return language == StatementLanguage::Korean ? kKorean : kEnglish;
}

}  // namespace cenote::report
