// SPDX-License-Identifier: Apache-2.0
//
// Documents of TOML from other files than cenote.toml: rules of a state file, of a backup and of an import, stored
// policies, and files of the catalogue. A text is refused with a reason, or is written as it was read.
//
// Input: a byte that chooses the kind of document, its text.

#include <array>
#include <cstdint>
#include <string>

#include "blocklists/service_file.h"
#include "resolver/base/check.h"
#include "resolver/rules/policy_document.h"
#include "resolver/rules/rules.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;

constexpr std::string_view kZone = "Asia/Seoul";

fuzz::Goal directive_read("a directive is written as it was read");
fuzz::Goal allow_read("an allow is written as it was read");
fuzz::Goal exception_read("an exception is written as it was read");
fuzz::Goal policy_read("a policy is written as it was read");
fuzz::Goal services_read("a file of the catalogue is read");
fuzz::Goal refused("a text is refused");

void expect_sentences(const Diagnostics& diagnostics) {
    for (const Diagnostic& one : diagnostics.all()) CENOTE_CHECK(!one.text.empty() && !one.to_string().empty());
}

/// A directive or an allow as the policy takes it is written as the table that reads as the same.
template <typename Value>
void expect_same(state::RuleKind kind, const Value& value) {
    const state::Rule written{kind, "dns1-1", rules::to_toml(value), false};
    const rules::ReadRule read = rules::read_rule(written, std::string(kZone));
    if constexpr (std::is_same_v<Value, policy::Directive>)
        CENOTE_CHECK(read.directive && rules::to_toml(*read.directive) == written.text);
    else
        CENOTE_CHECK(read.allow && rules::to_toml(*read.allow) == written.text);
}

void try_exception(const rules::ParsedRule& parsed) {
    const state::Rule written = rules::to_rule(*parsed.exception);
    const auto again = rules::read_exception(written);
    exception_read.reach();
    CENOTE_CHECK(again.ok() && rules::to_rule(*again).text == written.text);
    std::vector<state::Rule> all{written};
    rules::unconfirm_exceptions(all);
    CENOTE_CHECK(rules::runtime_rules(all).exceptions.empty());  // a backup opens nothing
}

void try_rule(state::RuleKind kind, const std::string& text) {
    const state::Rule rule{kind, "dns1-1", text, false};
    const rules::ParsedRule parsed = rules::parse_rule(rule);
    if (parsed.exception) try_exception(parsed);
    if (parsed.document) {
        expect_sentences(parsed.document->found);
        if (!parsed.document->found.has_errors()) {
            const rules::ReadRule read = rules::read_rule(rule, std::string(kZone));
            if (read.directive) {
                directive_read.reach();
                expect_same(state::RuleKind::Directive, *read.directive);
            }
            if (read.allow) {
                allow_read.reach();
                expect_same(state::RuleKind::Allow, *read.allow);
            }
        }
    }
    Diagnostics diagnostics;
    const auto files = rules::FilePolicy{std::make_shared<const policy::Options>(), std::string(kZone), {}};
    const auto merged = rules::add_runtime_rules(files, rules::runtime_rules({rule}), diagnostics);
    if (merged == nullptr) refused.reach();
    CENOTE_CHECK((merged != nullptr) == !diagnostics.has_errors());
    expect_sentences(diagnostics);
}

void try_policy(const std::string& text) {
    const auto read = rules::read_policy_document(text);
    if (!read) {
        CENOTE_CHECK(!read.error().text.empty());
        return;
    }
    policy_read.reach();
    const std::string written = rules::policy_document(*read->options, nullptr);
    const auto again = rules::read_policy_document(written);
    CENOTE_CHECK(again.ok() && rules::policy_document(*again->options, nullptr) == written);
    CENOTE_CHECK(rules::rules_digest(*again->options, nullptr) == rules::rules_digest(*read->options, nullptr));
}

void try_service_file(const std::string& text) {
    Diagnostics diagnostics;
    const auto drafts = blocklists::read_service_file(text, "vendor.toml", diagnostics);
    for (const auto& draft : drafts) {
        blocklists::require_all_of(draft, diagnostics);
        CENOTE_CHECK(diagnostics.has_errors() || !draft.service.id.empty());
        for (const auto& domain : draft.service.domains)
            CENOTE_CHECK(diagnostics.has_errors() || domain.name.labels() > 0);
    }
    if (!drafts.empty() && !diagnostics.has_errors()) services_read.reach();
    expect_sentences(diagnostics);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr std::array kRules{state::RuleKind::Directive, state::RuleKind::Allow, state::RuleKind::Suspension,
                                state::RuleKind::Exception};
    fuzz::Input input(data, size);
    const std::size_t kind = input.u8() % (kRules.size() + 2);
    const std::string text(input.text());
    if (kind < kRules.size())
        try_rule(kRules[kind], text);
    else if (kind == kRules.size())
        try_policy(text);
    else
        try_service_file(text);
    return 0;
}
