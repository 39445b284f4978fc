// SPDX-License-Identifier: Apache-2.0
//
// The table against the rules read slowly: random policies, clients, names and moments must get the same judgement
// from judge() and from explain(), which share neither classes nor overlay nor rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using testing::kNow;

class Dice {
public:
    explicit Dice(std::uint32_t seed) : engine_(seed) {}

    std::size_t below(std::size_t limit) { return engine_() % limit; }
    bool one_in(std::size_t odds) { return below(odds) == 0; }
    template <typename T>
    const T& any(const std::vector<T>& of) {
        return of[below(of.size())];
    }

private:
    std::mt19937 engine_;
};

const std::vector<std::string> kLabels{"a", "b", "c"};
const std::vector<std::string> kRoles{"web", "app", "api", "login"};
const std::vector<std::string> kCategories{"chat", "api", "bypass"};
const std::vector<std::string> kVendors{"Acme", "Soul"};
const std::vector<std::string> kCountries{"CN", "US"};

/// A name of one to four labels out of three: collisions at every depth are wanted.
std::string any_name(Dice& dice) {
    std::string text = dice.any(kLabels);
    for (std::size_t more = dice.below(4); more > 0; --more) text += "." + dice.any(kLabels);
    return text;
}

IpAddress any_address(Dice& dice) {
    const auto octet = [&] { return static_cast<std::uint8_t>(dice.below(3)); };
    if (dice.one_in(3)) return IpAddress::v6({0x20, octet(), octet(), octet(), octet()});
    return IpAddress::v4({10, octet(), octet(), octet()});
}

Prefix any_prefix(Dice& dice) {
    const IpAddress ip = any_address(dice);
    const std::size_t octets = dice.below(ip.is_v4() ? 5 : 6) + (ip.is_v4() ? 12 : 0);
    auto kept = ip.octets();
    for (std::size_t i = octets; i < kept.size(); ++i) kept[i] = 0;
    return dice.one_in(20) ? Prefix() : Prefix(IpAddress::v6(kept), static_cast<std::uint8_t>(8 * octets));
}

std::shared_ptr<const domainset::DomainSet> any_set(Dice& dice) {
    domainset::DomainSetWriter writer(std::chrono::sys_seconds{}, 3);
    for (std::size_t i = 0; i < 6; ++i) {
        domainset::Source source;
        const bool service = i < 4;
        source.kind = service ? domainset::SourceKind::Service : domainset::SourceKind::List;
        source.id = (service ? "s" : "l") + std::to_string(i);
        source.by_default = !dice.one_in(3);
        if (service) {
            source.vendor = dice.any(kVendors);
            source.jurisdiction = dice.any(kCountries);
            source.categories = {dice.any(kCategories)};
        }
        const auto index = writer.add_source(source);
        for (std::size_t entries = 1 + dice.below(4); entries > 0; --entries) {
            const domainset::Tag tag{.source = index,
                                     .role = service ? *domainset::parse_role(dice.any(kRoles)) : domainset::Role::Web,
                                     .strict = service && dice.one_in(4)};
            writer.add(testing::name(any_name(dice)), tag,
                       dice.one_in(4) ? domainset::MatchKind::Exact : domainset::MatchKind::Suffix);
        }
        if (dice.one_in(2)) writer.add_exception(testing::name(any_name(dice)), index, domainset::MatchKind::Suffix);
    }
    return std::make_shared<const domainset::DomainSet>(
        domainset::DomainSet::from_bytes(writer.finish().value()).value());
}

Target any_target(Dice& dice) {
    switch (dice.below(8)) {
        case 0: return testing::target("service:*");
        case 1: return testing::target("category:" + dice.any(kCategories));
        case 2: return testing::target("vendor:" + dice.any(kVendors));
        case 3: return testing::target("jurisdiction:" + dice.any(kCountries));
        case 4: return testing::target("list:l" + std::to_string(4 + dice.below(2)));
        case 5: return testing::target("service:s" + std::to_string(dice.below(4)));
        default: return testing::target("domain:" + any_name(dice));
    }
}

std::vector<std::string> any_groups(Dice& dice) {
    std::vector<std::string> groups;
    for (std::size_t count = dice.below(3); count > 0; --count) groups.push_back("g" + std::to_string(dice.below(5)));
    if (dice.one_in(8)) groups.emplace_back("everyone");
    return groups;
}

/// A moment up to two days away.
WallTime any_time(Dice& dice) { return kNow + std::chrono::hours(dice.below(96)) - std::chrono::hours(48); }

Directive any_directive(Dice& dice, std::size_t number) {
    Directive made;
    made.id = "d" + std::to_string(number);
    for (std::size_t count = 1 + dice.below(3); count > 0; --count) made.targets.push_back(any_target(dice));
    if (dice.one_in(4)) made.roles = {dice.any(kRoles), dice.any(kRoles)};
    made.strict = dice.one_in(4);
    made.groups = any_groups(dice);
    made.step = static_cast<Step>(1 + dice.below(4));
    if (dice.one_in(4)) made.layer = static_cast<Layer>(dice.below(4));
    made.before = static_cast<Step>(dice.below(5));
    if (dice.one_in(3)) made.starts = any_time(dice);
    if (dice.one_in(3)) made.ends = made.starts.value_or(kNow) + std::chrono::hours(1 + dice.below(24));
    for (std::size_t count = dice.below(3); count > 0 && dice.one_in(2); --count)
        made.planned.push_back({any_time(dice), static_cast<Step>(1 + dice.below(4))});
    std::sort(made.planned.begin(), made.planned.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    if (dice.one_in(4)) made.hours = parse_hours(dice.one_in(2) ? "mon-tue 08:00-19:00" : "22:00-06:00").value();
    if (dice.one_in(4)) made.answer = dice.one_in(2) ? AnswerMode::Nxdomain : AnswerMode::Refused;
    return made;
}

Options any_options(Dice& dice) {
    Options options;
    for (std::size_t i = 0; i < 5; ++i) {
        Group group;
        group.id = "g" + std::to_string(i);
        for (std::size_t count = 1 + dice.below(3); count > 0; --count) group.clients.push_back(any_prefix(dice));
        if (dice.one_in(3)) group.answer = AnswerMode::Nodata;
        if (dice.one_in(4)) group.certificates = {"*." + group.id + ".example", "*.all.example"};
        if (dice.one_in(6)) {
            group.tokens = "a file";
            group.token_digests = {digest_of_token(group.id)};
        }
        options.groups.push_back(std::move(group));
    }
    for (std::size_t i = dice.below(9); i > 0; --i) options.directives.push_back(any_directive(dice, i));
    for (std::size_t i = dice.below(4); i > 0; --i) {
        Allow allow;
        for (std::size_t count = 1 + dice.below(2); count > 0; --count)
            allow.domains.push_back(testing::name(any_name(dice)));
        allow.groups = any_groups(dice);
        if (dice.one_in(3)) allow.ends = any_time(dice);
        options.allows.push_back(std::move(allow));
    }
    for (std::size_t i = dice.below(9); i > 0; --i) {
        Exception exception;
        exception.id = "e" + std::to_string(i);
        exception.directive = "d" + std::to_string(1 + dice.below(6));  // which may not be there
        if (dice.one_in(2))
            exception.client = any_prefix(dice);
        else
            exception.group = dice.one_in(6) ? "everyone" : "g" + std::to_string(dice.below(6));
        exception.ends = any_time(dice) + std::chrono::hours(24 * dice.below(3));
        options.exceptions.push_back(std::move(exception));
    }
    return options;
}

/// What a client proves, and the groups into which that puts it.
struct Proved {
    Identity identity = Identity::None;
    Holder holder;
};

Proved any_proof(Dice& dice, const Policy& policy) {
    const auto& groups = policy.options().groups;
    std::set<std::uint32_t> into;
    std::vector<CertificateName> names;
    for (std::uint32_t i = 0; i < groups.size(); ++i) {
        if (!dice.one_in(3)) continue;
        names.push_back(CertificateName::parse_name("a." + groups[i].id + ".example").value());
        if (!groups[i].certificates.empty()) into.insert(i);
    }
    if (dice.one_in(8)) {
        names.push_back(CertificateName::parse_name("a.all.example").value());
        for (std::uint32_t i = 0; i < groups.size(); ++i)
            if (!groups[i].certificates.empty()) into.insert(i);
    }
    const auto of_token = static_cast<std::uint32_t>(dice.below(groups.size()));
    const TokenDigest token = digest_of_token(groups[of_token].id);
    const bool has_token = dice.one_in(3);
    if (has_token && !groups[of_token].tokens.empty()) into.insert(of_token);
    Proved proved;
    proved.identity = policy.identities().identify(names, has_token ? &token : nullptr);
    proved.holder.groups.assign(into.begin(), into.end());
    EXPECT_EQ(proved.identity == Identity::None, into.empty());
    return proved;
}

/// What explain() must have said for this cell.
std::string verdict_word(const Cell& cell) {
    if (cell.allowed && cell.step < Step::Block) return "allow";
    if (cell.exception != Cell::kNone) return "exception";
    return cell.step == Step::None ? "forward" : std::string(step_to_text(cell.step));
}

std::string story(const Explanation& explanation) {
    std::string text;
    for (const ExplainStep& step : explanation.steps) text += "  " + step.text + "\n";
    return text;
}

void compare(const Policy& policy, const IpAddress& client, const wire::Name& name, const Proved& proved) {
    const Cell& cell = policy.cell(policy.judge(policy.classify(client, proved.identity), policy.match(name)));
    const Explanation explanation = policy.explain(client, name, &proved.holder);
    SCOPED_TRACE(name.to_string() + "\n" + story(explanation));
    ASSERT_EQ(verdict_word(cell), explanation.verdict);
    ASSERT_EQ(policy.directive_id(cell.directive), explanation.directive);
    const auto& exceptions = policy.options().exceptions;
    ASSERT_EQ(cell.exception == Cell::kNone ? "" : exceptions[cell.exception].id, explanation.exception);
    ASSERT_EQ(policy.service_id(cell.service), explanation.service + explanation.list);
    if (!cell.is_sinkholed()) return;
    ASSERT_EQ(std::string(answer_mode_to_text(cell.answer)) + ", 30 s", explanation.answer);
}

/// Where an allow opens a name, NXDOMAIN for a closed parent would close it again.
void check_open_below(const Policy& policy, const IpAddress& client) {
    const ClientClass client_class = policy.classify(client);
    const auto cell_of = [&](const wire::Name& of) -> const Cell& {
        return policy.cell(policy.judge(client_class, policy.match(of)));
    };
    const auto groups = policy.explain(client, testing::name("a")).groups;
    for (const Allow& allow : policy.options().allows) {
        if (!allow.groups.empty() &&
            std::find_first_of(groups.begin(), groups.end(), allow.groups.begin(), allow.groups.end()) == groups.end())
            continue;
        for (const wire::Name& name : allow.domains) {
            if (!cell_of(name).allowed || cell_of(name).is_sinkholed()) continue;
            for (int labels = name.labels() - 1; labels > 0; --labels) {
                wire::Name parent;
                std::size_t end = 0;
                ASSERT_TRUE(parent.read_uncompressed(name.suffix(static_cast<std::uint8_t>(labels)), end));
                const Cell& above = cell_of(parent);
                if (above.is_sinkholed() &&
                    !above.allowed) {  // one that is opened and blocked is a single host's, not a zone's
                    EXPECT_TRUE(above.keep_open_below) << name.to_string() << " below " << parent.to_string();
                }
            }
        }
    }
}

class Property : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Property, TableAndRulesAgree) {
    Dice dice(GetParam());
    std::size_t closed = 0;
    std::size_t opened = 0;
    std::size_t excepted = 0;
    for (int round = 0; round < 150; ++round) {
        auto rolled = std::make_shared<Options>(any_options(dice));
        if (round % 8 == 7) rolled->suspended_until = kNow + std::chrono::hours(round % 5);
        const std::shared_ptr<const Options> options = std::move(rolled);
        const auto base = dice.one_in(10) ? nullptr : any_set(dice);
        const auto built = Policy::build(options, base, 1, any_time(dice));
        if (!built.ok()) continue;  // a category or vendor that this set happens not to have
        const auto rebuilt = Policy::rebuild(**built, options, base, 2, any_time(dice));
        ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().text;
        const Policy& policy = round % 2 == 0 ? **built : **rebuilt;
        for (int i = 0; i < 60; ++i) {
            const IpAddress client = any_address(dice);
            const wire::Name name = testing::name(any_name(dice));
            compare(policy, client, name, {});
            compare(policy, client, name, any_proof(dice, policy));
            if (HasFatalFailure()) return;
            check_open_below(policy, client);
            const Cell& cell = policy.cell(policy.judge(policy.classify(client), policy.match(name)));
            closed += cell.is_sinkholed() ? 1U : 0U;
            opened += cell.allowed ? 1U : 0U;
            excepted += cell.exception != Cell::kNone ? 1U : 0U;
        }
    }
    EXPECT_GT(closed, 500U);  // or the dice would prove nothing
    EXPECT_GT(opened, 100U);
    EXPECT_GT(excepted, 5U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Property, ::testing::Range(1U, 13U));

}  // namespace
}  // namespace cenote::policy
