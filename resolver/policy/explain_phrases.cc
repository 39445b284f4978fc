// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "resolver/policy/explanation.h"

namespace cenote::policy {
namespace {

constexpr std::array kExplainPhrases{
    Phrase{"explain_step.suspended", "everything is suspended until {until}: no step is above observe",
           "{until}까지 모두 일시 중지되어 관찰보다 높은 단계가 없습니다"},
    Phrase{"explain_step.certificate_in_groups", "a certificate for {identity} is in groups {groups}",
           "인증서 {identity}: 그룹 {groups}"},
    Phrase{"explain_step.certificate_in_no_group", "a certificate for {identity} is in no group",
           "인증서 {identity}: 속한 그룹이 없습니다"},
    Phrase{"explain_step.token_in_groups", "a token of group {identity} is in groups {groups}",
           "그룹 {identity}의 토큰: 그룹 {groups}"},
    Phrase{"explain_step.token_in_no_group", "a token of group {identity} is in no group",
           "그룹 {identity}의 토큰: 속한 그룹이 없습니다"},
    Phrase{"explain_step.client_in_groups", "client {client} is in groups {groups}",
           "클라이언트 {client}: 그룹 {groups}"},
    Phrase{"explain_step.on_list", "{name} is on list {list}", "{name}: 목록 {list}에 있습니다"},
    Phrase{"explain_step.of_service", "{name} is {service} ({jurisdiction}, {categories}), role {role}",
           "{name}: 서비스 {service} ({jurisdiction}, {categories}), 역할 {role}"},
    Phrase{"explain_step.of_service_strict", "{name} is {service} ({jurisdiction}, {categories}), role {role}, strict",
           "{name}: 서비스 {service} ({jurisdiction}, {categories}), 역할 {role}, 엄격 항목"},
    Phrase{"explain_step.in_nothing", "{name} is no name of a service or list",
           "{name}: 어떤 서비스나 목록의 이름도 아닙니다"},
    Phrase{"explain_step.list_closes_all", "list {list} closes everything to client {client}",
           "목록 {list}: 클라이언트 {client}에 모든 이름을 닫습니다"},
    Phrase{"explain_step.list_closes_nothing", "list {list} closes nothing to client {client}",
           "목록 {list}: 클라이언트 {client}에는 어떤 이름도 닫지 않습니다"},

    Phrase{"explain_step.covers", "directive {directive} ({step}, {groups}) covers it by {target}",
           "지시 {directive} ({step}, {groups}): {target}에 해당합니다"},
    Phrase{"explain_step.covers_until", "directive {directive} ({step}, {groups}, until {until}) covers it by {target}",
           "지시 {directive} ({step}, {groups}, {until}까지): {target}에 해당합니다"},
    Phrase{"explain_step.covers_not_this_client",
           "directive {directive} ({step}, {groups}) covers it by {target}, but not this client",
           "지시 {directive} ({step}, {groups}): {target}에 해당하지만 이 클라이언트는 대상이 아닙니다"},
    Phrase{"explain_step.covers_until_not_this_client",
           "directive {directive} ({step}, {groups}, until {until}) covers it by {target}, but not this client",
           "지시 {directive} ({step}, {groups}, {until}까지): {target}에 해당하지만 이 클라이언트는 대상이 아닙니다"},
    Phrase{"explain_step.covers_not_started",
           "directive {directive} ({step}, {groups}) covers it by {target}, but has not started",
           "지시 {directive} ({step}, {groups}): {target}에 해당하지만 아직 시작하지 않았습니다"},
    Phrase{"explain_step.covers_until_not_started",
           "directive {directive} ({step}, {groups}, until {until}) covers it by {target}, but has not started",
           "지시 {directive} ({step}, {groups}, {until}까지): {target}에 해당하지만 아직 시작하지 않았습니다"},
    Phrase{"explain_step.covers_not_at_this_hour",
           "directive {directive} ({step}, {groups}) covers it by {target}, but not at this hour",
           "지시 {directive} ({step}, {groups}): {target}에 해당하지만 지금은 적용 시간이 아닙니다"},
    Phrase{"explain_step.covers_until_not_at_this_hour",
           "directive {directive} ({step}, {groups}, until {until}) covers it by {target}, but not at this hour",
           "지시 {directive} ({step}, {groups}, {until}까지): {target}에 해당하지만 지금은 적용 시간이 아닙니다"},
    Phrase{"explain_step.covers_lapsed",
           "directive {directive} ({step}, {groups}) covers it by {target}, but has lapsed",
           "지시 {directive} ({step}, {groups}): {target}에 해당하지만 기한이 지났습니다"},
    Phrase{"explain_step.covers_until_lapsed",
           "directive {directive} ({step}, {groups}, until {until}) covers it by {target}, but has lapsed",
           "지시 {directive} ({step}, {groups}, {until}까지): {target}에 해당하지만 기한이 지났습니다"},
    Phrase{"explain_step.covers_but_exception",
           "directive {directive} ({step}, {groups}) covers it by {target}, but exception {exception} takes it out of "
           "the count until {ends}",
           "지시 {directive} ({step}, {groups}): {target}에 해당하지만 예외 {exception}에 따라 {ends}까지 적용하지 "
           "않습니다"},
    Phrase{"explain_step.covers_until_but_exception",
           "directive {directive} ({step}, {groups}, until {until}) covers it by {target}, but exception {exception} "
           "takes it out of the count until {ends}",
           "지시 {directive} ({step}, {groups}, {until}까지): {target}에 해당하지만 예외 {exception}에 따라 {ends}까지 "
           "적용하지 않습니다"},
    Phrase{"explain_step.strictest", "directive {directive} is the strictest of them",
           "지시 {directive}: 이 가운데 가장 엄격합니다"},
    Phrase{"explain_step.allow_opens", "allow {allow} of {domain} opens it against every step below block",
           "허용 {allow} ({domain}): 차단보다 낮은 모든 단계에 대해 열어 둡니다"},
    Phrase{"explain_step.unnamed_allow_opens", "an allow of {domain} opens it against every step below block",
           "허용 ({domain}): 차단보다 낮은 모든 단계에 대해 열어 둡니다"},
    Phrase{"explain_step.blocks", "directive {directive} blocks, which no allow opens",
           "지시 {directive}: 차단이므로 허용으로 열 수 없습니다"},
    Phrase{"explain_step.answer_forwarded", "answer: forwarded", "응답: 상위 서버로 전달"},
    Phrase{"explain_step.answer_sinkhole", "answer: {mode}, {ttl} s", "응답: {mode}, {ttl}초"},

    Phrase{"explain_step.refused",
           "[server].allow_from has no prefix that contains {client}: all its queries are refused",
           "{client}: [server].allow_from에 이 주소가 든 대역이 없어 모든 질의를 거절합니다"},
    Phrase{"explain_step.trusted", "{name} is protected, local or routed: what its answer reveals is not judged",
           "{name}: 보호된 이름, 로컬 이름 또는 경로가 정해진 이름이므로 응답에 드러난 이름을 판정하지 않습니다"},
    Phrase{"explain_step.local_records",
           "{name} is answered by this resolver, whatever the policy is: the records of [[local]]",
           "{name}: 정책과 관계없이 이 리졸버가 응답합니다: [[local]]의 레코드"},
    Phrase{"explain_step.local_nxdomain",
           "{name} is answered by this resolver, whatever the policy is: nxdomain, a special-use name",
           "{name}: 정책과 관계없이 이 리졸버가 응답합니다: 특수 용도 이름이므로 nxdomain"},
    Phrase{"explain_step.local_nodata",
           "{name} is answered by this resolver, whatever the policy is: nodata, a special-use name",
           "{name}: 정책과 관계없이 이 리졸버가 응답합니다: 특수 용도 이름이므로 nodata"},
    Phrase{"explain_step.local_loopback",
           "{name} is answered by this resolver, whatever the policy is: the loopback address",
           "{name}: 정책과 관계없이 이 리졸버가 응답합니다: 루프백 주소"},
    Phrase{"explain_step.local_empty_zone",
           "{name} is answered by this resolver, whatever the policy is: nodata, a locally served empty zone",
           "{name}: 정책과 관계없이 이 리졸버가 응답합니다: 로컬에서 제공하는 빈 존이므로 nodata"},
    Phrase{"explain_step.local_designation",
           "{name} is answered by this resolver, whatever the policy is: the encrypted listeners of this resolver, or "
           "nodata (RFC 9462)",
           "{name}: 정책과 관계없이 이 리졸버가 응답합니다: 이 리졸버의 암호화 수신 주소 또는 nodata (RFC 9462)"},
    Phrase{"explain_step.local_canary",
           "{name} is answered by this resolver, whatever the policy is: nxdomain, which tells browsers and devices to "
           "keep this resolver",
           "{name}: 정책과 관계없이 이 리졸버가 응답합니다: 브라우저와 기기가 이 리졸버를 계속 쓰게 하는 nxdomain"},

    Phrase{"explain_answer.forwarded", "forwarded", "상위 서버로 전달"},
    Phrase{"explain_answer.sinkhole", "{mode}, {ttl} s", "{mode}, {ttl}초"},
    Phrase{"explain_answer.refused", "REFUSED, EDE 18 (Prohibited)", "거절: REFUSED, EDE 18 (Prohibited)"},
    Phrase{"explain_answer.local_records", "the records of [[local]]", "[[local]]의 레코드"},
    Phrase{"explain_answer.local_nxdomain", "nxdomain, a special-use name", "특수 용도 이름이므로 nxdomain"},
    Phrase{"explain_answer.local_nodata", "nodata, a special-use name", "특수 용도 이름이므로 nodata"},
    Phrase{"explain_answer.local_loopback", "the loopback address", "루프백 주소"},
    Phrase{"explain_answer.local_empty_zone", "nodata, a locally served empty zone",
           "로컬에서 제공하는 빈 존이므로 nodata"},
    Phrase{"explain_answer.local_designation", "the encrypted listeners of this resolver, or nodata (RFC 9462)",
           "이 리졸버의 암호화 수신 주소 또는 nodata (RFC 9462)"},
    Phrase{"explain_answer.local_canary", "nxdomain, which tells browsers and devices to keep this resolver",
           "브라우저와 기기가 이 리졸버를 계속 쓰게 하는 nxdomain"},
};

}  // namespace

std::span<const Phrase> explain_phrases() noexcept { return kExplainPhrases; }

ExplainStep step_of(std::string kind, SentenceValues values) {
    Sentence sentence{std::move(kind), std::move(values)};
    std::string text = sentence.text(kExplainPhrases, "explain_step");
    return {std::move(text), std::move(sentence)};
}

void Explanation::set_answer(Sentence sentence) {
    answer = sentence.text(kExplainPhrases, "explain_answer");
    answer_sentence = std::move(sentence);
}

}  // namespace cenote::policy
