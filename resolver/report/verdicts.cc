// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/verdicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "resolver/base/diagnostics.h"
#include "resolver/report/fields.h"

namespace cenote::report {
namespace {

using policy::Policy;

constexpr std::string_view kEveryone = "everyone";
constexpr std::size_t kOctets = 16;

/// The first or the last address of a prefix.
IpAddress edge_of(const Prefix& prefix, bool last) {
    auto octets = prefix.ip().octets();
    for (std::size_t bit = prefix.mapped_length(); last && bit < kOctets * 8; ++bit)
        octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] | (0x80U >> (bit % 8)));
    return IpAddress::v6(octets);
}

/// The address before or behind another one.
IpAddress beside(const IpAddress& address, bool behind) {
    auto octets = address.octets();
    const std::uint8_t turn = behind ? 0xff : 0x00;
    for (std::size_t i = kOctets; i-- > 0;) {
        const bool carries = octets[i] == turn;
        octets[i] = static_cast<std::uint8_t>(behind ? octets[i] + 1 : octets[i] - 1);
        if (!carries) break;
    }
    return IpAddress::v6(octets);
}

bool overlap(const Prefix& a, const Prefix& b) { return a.contains(b) || b.contains(a); }

bool is_in(const std::vector<Prefix>& prefixes, const IpAddress& client) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const Prefix& each) { return each.contains(client); });
}

/// Prefixes of all groups and exceptions.
std::vector<Prefix> all_prefixes(const policy::Options& options) {
    std::vector<Prefix> all;
    for (const policy::Group& group : options.groups) all.insert(all.end(), group.clients.begin(), group.clients.end());
    for (const policy::Exception& exception : options.exceptions)
        if (exception.client) all.push_back(*exception.client);
    return all;
}

/// A client of `own` (empty: any) that as few other prefixes as possible have as well: the first address of a prefix,
/// or one beside another prefix.
IpAddress plain_client(const std::vector<Prefix>& own, const std::vector<Prefix>& all) {
    std::vector<IpAddress> candidates;
    for (const Prefix& prefix : own) candidates.push_back(edge_of(prefix, false));
    if (own.empty()) candidates = {IpAddress::v4({192, 0, 2, 1}), IpAddress::v4({127, 0, 0, 1})};
    for (const Prefix& prefix : all)
        for (const bool last : {false, true}) candidates.push_back(beside(edge_of(prefix, last), last));
    IpAddress best = candidates.front();
    std::size_t fewest = all.size() + 1;
    for (const IpAddress& candidate : candidates) {
        if (!own.empty() && !is_in(own, candidate)) continue;
        const auto in = static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [&](const Prefix& each) { return each.contains(candidate); }));
        if (in >= fewest) continue;
        best = candidate;
        fewest = in;
        if (in <= (own.empty() ? 0U : 1U)) break;
    }
    return best;
}

/// The names of a service in the set.
std::vector<wire::Name> names_of(const domainset::DomainSet& base, std::uint32_t service) {
    std::vector<wire::Name> names;
    base.for_each([&](const domainset::Entry& entry) {
        const auto tags = base.source_set(entry.own);
        if (std::any_of(tags.begin(), tags.end(),
                        [&](std::uint32_t tag) { return base.tags()[tag].source == service; }))
            names.push_back(entry.name);
    });
    return names;
}

Result<std::uint32_t> find_service(const domainset::DomainSet* base, const std::string& id) {
    if (base == nullptr) return Error{"no set is in use, so no service is known; run 'cenote update'"};
    std::vector<std::string> known;
    for (std::uint32_t i = 0; i < base->sources().size(); ++i) {
        const domainset::Source& source = base->sources()[i];
        if (source.kind != domainset::SourceKind::Service) continue;
        if (source.id == id || std::ranges::find(source.aliases, id) != source.aliases.end()) return i;
        known.push_back(source.id);
        known.insert(known.end(), source.aliases.begin(), source.aliases.end());
    }
    const std::string near = nearest(id, known);
    return Error{fmt::format(
        "there is no service '{}'{}", id,
        near.empty() ? std::string("; 'cenote services' shows them") : fmt::format("; did you mean '{}'?", near))};
}

class Judge {
public:
    Judge(const Policy& policy, std::uint32_t service, const StoryOf& story_of)
        : policy_(policy),
          service_(service),
          story_of_(story_of),
          names_(names_of(*policy.base(), service)),
          prefixes_(all_prefixes(policy.options())) {}

    /// nullptr: everyone who is in no group.
    void add_group(const policy::Group* group, Json& rows) const {
        const auto own = group != nullptr ? group->clients : std::vector<Prefix>{};
        const IpAddress client = plain_client(own, prefixes_);
        const std::optional<policy::Holder> holder = holder_of(group);
        const policy::ClientClass of = class_of(client, group);
        // Names with the same outcome, by the order in which the outcomes come.
        std::map<std::tuple<std::uint32_t, std::uint32_t, policy::Step, bool>, std::vector<const wire::Name*>> outcomes;
        for (const wire::Name& name : names_) {
            const policy::Cell& cell = policy_.cell(policy_.judge(of, policy_.match(name)));
            const bool opened = cell.allowed && cell.step < policy::Step::Block;
            outcomes[{cell.directive, cell.exception, cell.step, opened}].push_back(&name);
        }
        for (const auto& [outcome, names] : outcomes) rows.push_back(row(group, client, names, holder));
    }

private:
    /// 0: clients come into the group by their addresses, or not at all.
    [[nodiscard]] std::size_t column_of(const policy::Group* group) const {
        if (group == nullptr || !group->clients.empty()) return 0;
        return policy_.identities().column_with(static_cast<std::uint32_t>(group - policy_.options().groups.data()));
    }
    [[nodiscard]] policy::ClientClass class_of(const IpAddress& client, const policy::Group* group) const {
        const std::size_t column = column_of(group);
        return column == 0 ? policy_.classify(client)
                           : policy_.classify(client, policy_.identities().identity_at(column));
    }
    [[nodiscard]] std::optional<policy::Holder> holder_of(const policy::Group* group) const {
        const std::size_t column = column_of(group);
        if (column == 0) return std::nullopt;
        return policy::Holder{policy_.identities().groups_of(column), policy_.identities().text_of(column), {}};
    }

    [[nodiscard]] Json row(const policy::Group* group, const IpAddress& client,
                           const std::vector<const wire::Name*>& names,
                           const std::optional<policy::Holder>& holder) const {
        const auto explained = policy_.explain(client, *names.front(), holder ? &*holder : nullptr);
        const auto* directive = policy::find_directive(policy_.options(), explained.directive);
        const std::string& decides = explained.verdict == "allow"  ? explained.allow
                                     : explained.exception.empty() ? explained.directive
                                                                   : explained.exception;
        return {{field::kId, group != nullptr ? group->id : std::string(kEveryone)},
                {field::kGroup, group != nullptr ? group->id : std::string(kEveryone)},
                {field::kService, policy_.base()->sources()[service_].id},
                {field::kVerdict, explained.verdict},
                {field::kNames, names.size()},
                {field::kExample, names.front()->to_string()},
                {field::kDirective, text_or_null(explained.directive)},
                {field::kTitle, text_or_null(directive != nullptr ? directive->title : "")},
                {field::kException, text_or_null(explained.exception)},
                {field::kAllow, text_or_null(explained.allow)},
                {field::kMade, deed_json(decides.empty() ? std::nullopt : story_of_(decides).made)},
                {field::kSuspension, text_or_null(explained.suspension)},
                {field::kExceptions, count_exceptions(explained.directive, group)},
                {field::kUntil, time_json(explained.until)},
                {field::kChanges, time_json(explained.changes)},
                {field::kNextVerdict, text_or_null(explained.next_verdict)}};
    }

    /// Exceptions in force from a directive for this group, or for some of its clients.
    [[nodiscard]] std::size_t count_exceptions(const std::string& directive, const policy::Group* group) const {
        const auto& options = policy_.options();
        std::size_t count = 0;
        for (std::uint32_t i = 0; i < options.exceptions.size(); ++i) {
            const policy::Exception& each = options.exceptions[i];
            if (each.directive == directive && policy_.in_force(i) && concerns(each, group)) ++count;
        }
        return count;
    }

    [[nodiscard]] bool concerns(const policy::Exception& exception, const policy::Group* group) const {
        if (!exception.client) return group != nullptr && exception.group == group->id;
        const auto reaches = [&](const policy::Group& of) {
            return std::any_of(of.clients.begin(), of.clients.end(),
                               [&](const Prefix& prefix) { return overlap(prefix, *exception.client); });
        };
        const auto& groups = policy_.options().groups;
        return group != nullptr ? reaches(*group) : std::none_of(groups.begin(), groups.end(), reaches);
    }

    const Policy& policy_;
    std::uint32_t service_;
    const StoryOf& story_of_;
    std::vector<wire::Name> names_;
    std::vector<Prefix> prefixes_;
};

}  // namespace

Result<Json> verdicts_json(const Policy& policy, const std::string& service, const StoryOf& story_of) {
    const auto index = find_service(policy.base(), service);
    if (!index) return index.error();
    const Judge judge(policy, *index, story_of);
    Json rows = Json::array();
    for (const policy::Group& group : policy.options().groups) judge.add_group(&group, rows);
    judge.add_group(nullptr, rows);
    return rows;
}

}  // namespace cenote::report
