// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/privacy_statement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"
#include "resolver/report/privacy_phrases.h"

namespace cenote::report {
namespace {

using telemetry::IdentityLevel;

template <typename... Values>
std::string filled(std::string_view phrase, const Values&... values) {
    return fmt::format(fmt::runtime(phrase), values...);
}

/// A statement that is being made.
class Statement {
public:
    Statement(const PrivacyFacts& facts, StatementLanguage language) : facts_(facts), say_(privacy_phrases(language)) {}

    std::string make() {
        text_ = filled(say_.title, facts_.node) + "\n" +
                filled(say_.made, format_time(facts_.at), facts_.policy_digest) + "\n";
        heading(say_.purpose);
        line(std::string(say_.purpose_text));
        add_kept();
        add_stores();
        add_who();
        heading(say_.small);
        line(filled(say_.small_text, facts_.smallest));
        heading(say_.never);
        for (const auto phrase : {say_.never_client, say_.never_forwarded, say_.never_content, say_.never_silent})
            line(std::string(phrase));
        heading(say_.rights);
        line(std::string(say_.rights_text));
        return std::move(text_);
    }

private:
    void heading(std::string_view text) { text_ += fmt::format("\n{}\n", text); }
    void line(const std::string& text) { text_ += fmt::format("- {}\n", text); }

    void add_kept() {
        heading(say_.kept);
        line(std::string(say_.of_every));
        line(filled(say_.of_sample, facts_.smallest));
        line(std::string(say_.of_covered));
        switch (facts_.identity) {
            case IdentityLevel::None: line(std::string(say_.level_none)); break;
            case IdentityLevel::Pseudonym: line(filled(say_.level_pseudonym, span(facts_.rotate))); break;
            case IdentityLevel::Address: line(std::string(say_.level_address)); break;
        }
        if (facts_.identity != IdentityLevel::None) line(filled(say_.agreement, facts_.agreement));
        for (const auto& [directive, identity] : facts_.less) line(filled(say_.less, directive, word(identity)));
        if (facts_.all_queries) line(std::string(say_.names_alone));
    }

    void add_stores() {
        heading(say_.stores);
        line(std::string(say_.memory));
        line(facts_.history.empty()
                 ? std::string(say_.no_history)
                 : filled(say_.history, facts_.history.string(), span(facts_.keep_minutes), span(facts_.keep_hours)));
        line(facts_.log.empty() ? std::string(say_.no_log)
                                : filled(say_.log, facts_.log.string(), span(facts_.keep_log)));
        for (const std::string& receiver : facts_.receivers) line(filled(say_.sent, receiver));
        if (facts_.identity != IdentityLevel::None)
            line(filled(say_.keys, facts_.keys.string(), span(facts_.keep_log)));
        line(filled(say_.trail, facts_.state.string()));
    }

    void add_who() {
        heading(say_.who);
        std::vector<std::string> all = facts_.readers;
        for (const auto* more : {&facts_.inspectors, &facts_.approvers, &facts_.admins})
            for (const std::string& group : *more)
                if (std::ranges::find(all, group) == all.end()) all.push_back(group);
        line(filled(say_.counts, groups(all)));
        line(filled(say_.clients, groups(facts_.inspectors)));
        if (facts_.identity == IdentityLevel::Pseudonym) line(std::string(say_.reveal));
        std::vector<std::string> approvers = facts_.approvers;
        approvers.insert(approvers.end(), facts_.admins.begin(), facts_.admins.end());
        line(filled(say_.changes, groups(facts_.admins), groups(approvers)));
    }

    [[nodiscard]] std::string span(seconds time) const {
        constexpr std::int64_t kHour = 3600;
        constexpr std::int64_t kDay = 24 * kHour;
        if (time.count() % kDay == 0) return filled(say_.days, time.count() / kDay);
        return time.count() % kHour == 0 ? filled(say_.hours, time.count() / kHour) : format_duration(time);
    }
    [[nodiscard]] std::string groups(const std::vector<std::string>& names) const {
        return names.empty() ? std::string(say_.root_alone)
                             : filled(say_.root_and, fmt::format("{}", fmt::join(names, ", ")));
    }
    [[nodiscard]] std::string_view word(IdentityLevel identity) const {
        switch (identity) {
            case IdentityLevel::None: return say_.none;
            case IdentityLevel::Pseudonym: return say_.pseudonym;
            case IdentityLevel::Address: break;
        }
        return say_.address;
    }

    const PrivacyFacts& facts_;
    const PrivacyPhrases& say_;
    std::string text_;
};

}  // namespace

std::optional<StatementLanguage> parse_statement_language(std::string_view text) noexcept {
    if (text == "en") return StatementLanguage::English;
    if (text == "ko") return StatementLanguage::Korean;
    return std::nullopt;
}

std::string privacy_statement(const PrivacyFacts& facts, StatementLanguage language) {
    return Statement(facts, language).make();
}

Json privacy_json(const PrivacyFacts& facts) {
    Json less = Json::array();
    for (const auto& [directive, identity] : facts.less)
        less.push_back({{field::kDirective, directive}, {field::kIdentity, telemetry::identity_to_text(identity)}});
    const auto days = [](seconds time) { return format_duration(time); };
    Json stores = Json::array();
    if (!facts.history.empty())
        stores.push_back({{field::kWhat, "history"},
                          {field::kPath, facts.history.string()},
                          {field::kKeepMinutes, days(facts.keep_minutes)},
                          {field::kKeepHours, days(facts.keep_hours)}});
    if (!facts.log.empty())
        stores.push_back(
            {{field::kWhat, "log"}, {field::kPath, facts.log.string()}, {field::kKeep, days(facts.keep_log)}});
    for (const std::string& receiver : facts.receivers)
        stores.push_back({{field::kWhat, "receiver"}, {field::kPath, receiver}});
    if (facts.identity != IdentityLevel::None)
        stores.push_back(
            {{field::kWhat, "keys"}, {field::kPath, facts.keys.string()}, {field::kKeep, days(facts.keep_log)}});
    stores.push_back({{field::kWhat, "state"}, {field::kPath, facts.state.string()}});
    return {{field::kNode, facts.node},
            {field::kAt, format_time(facts.at)},
            {field::kPolicyDigest, facts.policy_digest},
            {field::kIdentity, telemetry::identity_to_text(facts.identity)},
            {field::kAgreement, text_or_null(facts.agreement)},
            {field::kRotate, days(facts.rotate)},
            {field::kSmallest, facts.smallest},
            {field::kLess, std::move(less)},
            {field::kAll, facts.all_queries},
            {field::kStores, std::move(stores)},
            {field::kAdmins, facts.admins},
            {field::kApprovers, facts.approvers},
            {field::kReaders, facts.readers},
            {field::kInspectors, facts.inspectors}};
}

}  // namespace cenote::report
