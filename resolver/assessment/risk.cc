// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/risk.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "resolver/assessment/parts.h"
#include "resolver/base/digest.h"
#include "resolver/base/toml_values.h"
#include "resolver/domainset/source.h"
#include "resolver/sinks/hit_record.h"

namespace cenote::assessment {
namespace {

constexpr std::array<std::string_view, 6> kStatuses{"limited",        "observed", "advised",
                                                    "exception_only", "open",     "unlisted"};
constexpr std::array<std::string_view, 5> kDataPaths{"api", "web", "app", "login", "other"};
constexpr std::int64_t kLargest = 1'000'000'000;

constexpr const char* kBuiltIn = R"toml([[rule]]
attention = "high"
when      = "in use, and the catalogue does not have it any more"
status    = ["unlisted"]

[[rule]]
attention = "high"
when      = "programs use it by its API, and nothing limits it"
status    = ["open", "observed", "advised"]
data_path = ["api"]

[[rule]]
attention    = "high"
when         = "three groups or more use it, and nothing limits it"
status       = ["open", "observed", "advised"]
groups_least = 3

[[rule]]
attention = "middle"
when      = "in use, and nothing limits it"
status    = ["open", "observed", "advised"]

[[rule]]
attention = "middle"
when      = "limited, and used under exceptions"
status    = ["exception_only"]

[[rule]]
attention = "low"
when      = "limited"
)toml";

template <typename Words>
std::vector<std::string> known_words(const TomlTable& table, std::string_view key, const Words& words) {
    std::vector<std::string> found;
    for (const TomlText& text : table.texts(key)) {
        if (std::ranges::find(words, text.value) == words.end())
            table.error(key, fmt::format("'{}' has '{}'; write some of {}", key, text.value, fmt::join(words, ", ")));
        found.push_back(text.value);
    }
    return found;
}

std::vector<std::string> plain_words(const TomlTable& table, std::string_view key) {
    std::vector<std::string> found;
    for (const TomlText& text : table.texts(key)) found.push_back(text.value);
    return found;
}

std::string conditions_text(const RiskRule& rule) {
    std::vector<std::string> parts;
    for (const auto& [word, values] : {std::pair("status", rule.status), std::pair("jurisdiction", rule.jurisdictions),
                                       std::pair("category", rule.categories), std::pair("role", rule.roles),
                                       std::pair("data_path", rule.data_paths)})
        if (!values.empty()) parts.push_back(fmt::format("{} {}", word, fmt::join(values, "|")));
    if (rule.groups_least != 0) parts.push_back(fmt::format("groups >= {}", rule.groups_least));
    if (rule.episodes_least != 0) parts.push_back(fmt::format("episodes >= {}", rule.episodes_least));
    return parts.empty() ? "every other service" : fmt::format("{}", fmt::join(parts, ", "));
}

RiskRule read_rule(const TomlTable& table) {
    RiskRule rule;
    if (!table.has("attention"))
        table.error("attention", "a rule needs 'attention'; write high, middle or low");
    else if (const auto attention = read_word(table, "attention", parse_attention, "high, middle, low"))
        rule.attention = *attention;
    rule.status = known_words(table, "status", kStatuses);
    rule.data_paths = known_words(table, "data_path", kDataPaths);
    for (const TomlText& role : table.texts("role")) {
        if (!domainset::parse_role(role.value))
            table.error("role", fmt::format("'role' has '{}', which is no role of a service", role.value));
        rule.roles.push_back(role.value);
    }
    rule.jurisdictions = plain_words(table, "jurisdiction");
    rule.categories = plain_words(table, "category");
    rule.groups_least = static_cast<std::uint64_t>(table.integer("groups_least", 1, kLargest).value_or(0));
    rule.episodes_least = static_cast<std::uint64_t>(table.integer("episodes_least", 1, kLargest).value_or(0));
    for (const char* key : {"status", "data_path", "role", "jurisdiction", "category"})
        if (table.is_empty_array(key)) table.error(key, fmt::format("'{}' is empty; leave it out for any", key));
    const auto when = table.text("when");
    rule.when = when ? when->value : conditions_text(rule);
    return rule;
}

bool is_any(const std::vector<std::string>& wanted, const std::vector<std::string>& there) {
    return wanted.empty() || std::ranges::any_of(there, [&](const auto& word) {
               return std::ranges::find(wanted, word) != wanted.end();
           });
}

bool holds(const RiskRule& rule, const RiskFacts& facts) {
    return is_any(rule.status, {facts.status}) && is_any(rule.jurisdictions, {facts.jurisdiction}) &&
           is_any(rule.categories, facts.categories) && is_any(rule.roles, facts.roles) &&
           is_any(rule.data_paths, {facts.data_path}) && facts.groups >= rule.groups_least &&
           (rule.episodes_least == 0 || (facts.episodes && *facts.episodes >= rule.episodes_least));
}

/// The kind of role with the most queries.
std::string data_path_of(const ServiceCounts& counts) {
    std::map<std::string, std::uint64_t> kinds;
    for (std::size_t i = 0; i < counts.roles.size(); ++i) {
        if (counts.roles[i] == 0) continue;
        const std::string_view role = sinks::role_to_text(static_cast<telemetry::RoleNumber>(i));
        const bool known = std::ranges::find(kDataPaths, role) != kDataPaths.end();
        kinds[role == "sdk" ? "api" : known ? std::string(role) : "other"] += counts.roles[i];
    }
    std::string most = "other";
    std::uint64_t queries = 0;
    for (const auto& [kind, count] : kinds)
        if (count > queries) {
            most = kind;
            queries = count;
        }
    return most;
}

RiskFacts facts_of(Material& of, std::uint32_t service) {
    const ServiceCounts& counts = of.queries.service(service);
    const auto* source = of.subjects.services()[service].source;
    RiskFacts facts;
    facts.status = status_of(of, service);
    if (source != nullptr) {
        facts.jurisdiction = source->jurisdiction;
        facts.categories = source->categories;
    }
    for (std::size_t i = 0; i < counts.roles.size(); ++i)
        if (counts.roles[i] != 0 && i != 0)
            facts.roles.emplace_back(sinks::role_to_text(static_cast<telemetry::RoleNumber>(i)));
    facts.data_path = data_path_of(counts);
    facts.groups = counts.groups.size();
    const Figure& episodes = of.people.service(service).episodes;
    if (episodes.is_shown(of.inputs.smallest)) facts.episodes = episodes.n();
    return facts;
}

}  // namespace

std::string_view attention_to_text(Attention attention) noexcept {
    switch (attention) {
        case Attention::High: return "high";
        case Attention::Middle: return "middle";
        case Attention::Low: break;
    }
    return "low";
}

std::optional<Attention> parse_attention(std::string_view text) noexcept {
    for (const Attention attention : {Attention::High, Attention::Middle, Attention::Low})
        if (text == attention_to_text(attention)) return attention;
    return std::nullopt;
}

std::optional<RiskTable> read_risk_table(const std::string& text, const std::string& file, Diagnostics& diagnostics) {
    const auto parsed = TomlFile::parse(text, file, diagnostics);
    if (!parsed) return std::nullopt;
    RiskTable table{.source = file, .text = text, .rules = {}};
    const TomlTable root = parsed->root();
    for (const TomlTable& rule : root.tables("rule")) table.rules.push_back(read_rule(rule));
    parsed->finish();
    if (table.rules.empty() && !diagnostics.has_errors())
        root.error("rule", "there is no rule; write [[rule]] with 'attention'");
    if (diagnostics.has_errors()) return std::nullopt;
    return table;
}

RiskTable built_in_risk_table() {
    Diagnostics diagnostics;
    auto table = read_risk_table(kBuiltIn, "built-in", diagnostics);
    CENOTE_CHECK(table.has_value());
    return std::move(*table);
}

std::optional<std::size_t> rule_for(const RiskTable& table, const RiskFacts& facts) {
    const auto found = std::ranges::find_if(table.rules, [&](const RiskRule& rule) { return holds(rule, facts); });
    if (found == table.rules.end()) return std::nullopt;
    return static_cast<std::size_t>(found - table.rules.begin());
}

Json risk_json(Material& of) {
    const RiskTable& table = of.inputs.risk;
    Json rules = Json::array();
    for (const RiskRule& rule : table.rules)
        rules.push_back({{field::kWhen, rule.when}, {field::kAttention, attention_to_text(rule.attention)}});
    Json rows = Json::array();
    for (const std::uint32_t service : services_in_use(of)) {
        if (sum_of(of.queries.service(service).queries) == 0) continue;
        const RiskFacts facts = facts_of(of, service);
        const auto rule = rule_for(table, facts);
        rows.push_back(
            {{field::kService, of.subjects.services()[service].id},
             {field::kAttention, rule ? Json(attention_to_text(table.rules[*rule].attention)) : Json(nullptr)},
             {field::kRule, rule ? Json(*rule) : Json(nullptr)},
             {field::kFacts,
              {{field::kJurisdiction, report::text_or_null(facts.jurisdiction)},
               {field::kCategories, facts.categories},
               {field::kRoles, facts.roles},
               {field::kDataPath, facts.data_path},
               {field::kGroups, facts.groups},
               {field::kEpisodes, of.people.service(service).episodes.json(of.inputs.smallest)},
               {field::kStatus, facts.status}}}});
    }
    const auto place = [&](const Json& row) {
        const Json& attention = row[field::kAttention];
        const auto word = attention.is_null() ? std::nullopt : parse_attention(attention.get<std::string>());
        return word ? static_cast<int>(*word) : 3;
    };
    std::stable_sort(rows.begin(), rows.end(), [&](const Json& a, const Json& b) { return place(a) < place(b); });
    return {{field::kTableDigest, to_hex(sha256(bytes_of(table.text)))},
            {field::kSource, table.source},
            {field::kText, table.text},
            {field::kRules, std::move(rules)},
            {field::kRows, std::move(rows)}};
}

}  // namespace cenote::assessment
