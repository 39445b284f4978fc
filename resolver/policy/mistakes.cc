// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "resolver/base/letter_case.h"
#include "resolver/policy/certificate_name.h"
#include "resolver/policy/check.h"
#include "resolver/policy/groups.h"
#include "resolver/policy/identities.h"
#include "resolver/policy/resolve.h"
#include "resolver/policy/time_zone.h"
#include "resolver/wire/typed_name.h"

namespace cenote::policy {
namespace {

using domainset::DomainSet;
using domainset::Source;
using domainset::SourceKind;
using Words = std::vector<std::string>;

constexpr std::size_t kIdMax = 64;

/// The ids and words that targets may name.
struct Known {
    Words services, categories, vendors, jurisdictions, lists, groups{std::string(kEveryone)};
    Words names, ids_of_names;  // of services, as people call them

    Known(const Options& options, const DomainSet* base) {
        for (const Group& group : options.groups) groups.push_back(group.id);
        for (const ListName& list : options.lists) lists.push_back(list.id);
        if (base == nullptr) return;
        for (const Source& source : base->sources()) {
            if (source.kind == SourceKind::List) lists.push_back(source.id);
            if (source.kind != SourceKind::Service) continue;
            services.push_back(source.id);
            append(services, source.aliases);
            names.push_back(source.name);
            ids_of_names.push_back(source.id);
            append(categories, source.categories);
            vendors.push_back(source.vendor);
            jurisdictions.push_back(source.jurisdiction);
        }
    }

private:
    static void append(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }
};

std::string unknown(std::string_view kind, std::string_view word, const Words& known, std::string_view where) {
    const std::string near = nearest(word, known);
    const std::string advice =
        near.empty() ? fmt::format("{} shows what there is", where) : fmt::format("did you mean '{}'?", near);
    return fmt::format("unknown {} '{}'; {}", kind, word, advice);
}

/// What a service that does not exist may stand for: another id, the name of a service, a vendor, a category, a domain;
/// empty: nothing is near.
std::string meant_by_service(std::string_view word, const Known& known) {
    if (const std::string near = nearest(word, known.services); !near.empty())
        return fmt::format("did you mean '{}'?", near);
    if (const std::string near = nearest(word, known.names); !near.empty()) {
        const auto name = std::ranges::find(known.names, near) - known.names.begin();
        return fmt::format("did you mean '{}'?", known.ids_of_names[static_cast<std::size_t>(name)]);
    }
    if (const std::string near = nearest(word, known.vendors); !near.empty())
        return fmt::format("did you mean 'vendor:{}'?", near);
    if (const std::string near = nearest(word, known.categories); !near.empty())
        return fmt::format("did you mean 'category:{}'?", near);
    if (const auto name = wire::parse_typed_name(word, wire::NameUse::Subtree); name && name->name.labels() > 1)
        return fmt::format("for a name and all below it write domain:{}", wire::typed_text(name->name));
    return {};
}

const SourcePlace& key_place(const SourcePlace& key, const SourcePlace& table) { return key.line != 0 ? key : table; }

bool contains(const Words& words, std::string_view word) {
    return std::any_of(words.begin(), words.end(), [&](const std::string& known) { return equal_folded(known, word); });
}

/// Ids appear in answers, logs and commands.
bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= kIdMax && std::none_of(id.begin(), id.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\' || c == 0x7f;
    });
}

constexpr std::size_t kPatternsMax = 4096;

class Validator {
public:
    Validator(const Options& options, const DomainSet* base, Diagnostics& out)
        : options_(options), has_base_(base != nullptr), known_(options, base), out_(out) {}

    void run() {
        check_answer(options_.sinkhole.answer, {}, "[sinkhole]");
        if (options_.sinkhole.ttl < seconds(0)) out_.error({}, "[sinkhole].ttl is below zero; write it as in \"30s\"");
        std::set<std::string_view> ids;
        for (const Group& group : options_.groups) check_group(group, ids);
        ids.clear();
        for (const Directive& directive : options_.directives) check_directive(directive, ids);
        ids.clear();
        for (const Allow& allow : options_.allows) check_allow(allow, ids);
        check_identities();
    }

private:
    void check_id(std::string_view kind, const std::string& id, const SourcePlace& place,
                  std::set<std::string_view>& ids) {
        if (!is_id(id))
            out_.error(place,
                       fmt::format("'{}' cannot be the id of a {}; use 1 to {} characters without blanks, quotes "
                                   "and backslashes",
                                   id, kind, kIdMax));
        if (!ids.insert(id).second)
            out_.error(place, fmt::format("the id '{}' stands for two {}s; give one of them another", id, kind));
    }

    /// What a client proves, beside where it is: every pair is a class of clients.
    void check_identities() {
        const auto first = std::ranges::find_if(options_.groups, &Group::has_identities);
        if (first == options_.groups.end()) return;
        std::size_t patterns = 0;
        for (const Group& group : options_.groups) patterns += group.certificates.size();
        if (patterns > kPatternsMax)
            return out_.error(first->place, fmt::format("the groups have {} names in certificates, and {} are the "
                                                        "most; use * for labels that differ",
                                                        patterns, kPatternsMax));
        const std::size_t by_address = classes_of(options_.groups, options_.exceptions, {}).sets.size();
        const auto built = Identities::build(options_, nullptr, by_address);
        if (!built) return out_.error(first->place, built.error().text);
        if (built->together() != 0)
            out_.note(first->place,
                      fmt::format("a certificate whose names lead into more than {} groups that do not lie in each "
                                  "other may give none: {} combinations are the most",
                                  built->together(), Identities::kIdentitiesMax));
    }

    void check_group(const Group& group, std::set<std::string_view>& ids) {
        check_id("group", group.id, group.place, ids);
        if (group.id == kEveryone)
            out_.error(group.place, "the group 'everyone' is all clients and cannot be defined; choose another id");
        if (group.clients.empty() && !group.has_identities())
            out_.error(group.place, fmt::format("group '{}' has no clients; list its prefixes", group.id));
        for (const std::string& pattern : group.certificates)
            if (const auto read = CertificateName::parse_pattern(pattern); !read)
                out_.error(group.place, fmt::format("group '{}': {}", group.id, read.error().text));
        if (group.answer) check_answer(*group.answer, group.place, fmt::format("group '{}'", group.id));
    }

    void check_groups(const Words& groups, const SourcePlace& place) {
        for (const std::string& id : groups) {
            if (std::find(known_.groups.begin(), known_.groups.end(), id) == known_.groups.end())
                out_.error(place, unknown("group", id, known_.groups, "cenote groups"));
        }
    }

    void check_answer(AnswerMode mode, const SourcePlace& place, std::string_view who) {
        const SinkholeOptions& sinkhole = options_.sinkhole;
        if (mode == AnswerMode::Address && !sinkhole.ipv4 && !sinkhole.ipv6)
            out_.error(
                place,
                fmt::format("{} answers with an address, but there is none; set ipv4 or ipv6 in [sinkhole]", who));
        if (mode == AnswerMode::Cname && !sinkhole.cname)
            out_.error(place, fmt::format("{} answers with a cname, but there is none; set cname in [sinkhole]", who));
    }

    void check_directive(const Directive& directive, std::set<std::string_view>& ids) {
        const SourcePlace& place = directive.place;
        check_id("directive", directive.id, place, ids);
        if (directive.step == Step::None)
            out_.error(place, fmt::format("directive '{}' does nothing; its step is observe, advise, restrict or block",
                                          directive.id));
        if (directive.targets.empty())
            out_.error(place,
                       fmt::format("directive '{}' has no targets; name a service, list or domain", directive.id));
        if (directive.starts && directive.ends && *directive.ends <= *directive.starts)
            out_.error(place, fmt::format("directive '{}' ends before it starts; swap the two or leave one out",
                                          directive.id));
        if (const auto zone = TimeZone::load(directive.timezone); !zone)
            out_.error(key_place(directive.places.timezone, place), zone.error().text);
        if (directive.answer) check_answer(*directive.answer, place, fmt::format("directive '{}'", directive.id));
        check_groups(directive.groups, key_place(directive.places.groups, place));
        for (const Target& target : directive.targets)
            check_target(target, target.place.line != 0 ? target.place : place);
        for (const std::string& role : directive.roles) {
            if (!domainset::parse_role(role))
                out_.error(key_place(directive.places.roles, place), unknown("role", role, roles(), "the catalogue"));
        }
        for (const std::string& uri : directive.contact) {
            if (!uri.starts_with("mailto:") && !uri.starts_with("tel:"))
                out_.error(
                    key_place(directive.places.contact, place),
                    fmt::format("contact '{}' is neither mailto: nor tel:; write it as in mailto:dns@agency.example",
                                uri));
        }
    }

    static Words roles() {
        Words words;
        for (std::size_t i = 0; i < domainset::kRoleCount; ++i)
            words.emplace_back(domainset::role_to_text(static_cast<domainset::Role>(i)));
        return words;
    }

    void check_target(const Target& target, const SourcePlace& place) {
        switch (target.kind) {
            case Target::Kind::Service: return check_service(target, place);
            case Target::Kind::Category: return check_word("category", target, known_.categories, place);
            case Target::Kind::Vendor: return check_word("vendor", target, known_.vendors, place);
            case Target::Kind::Jurisdiction: return check_word("jurisdiction", target, known_.jurisdictions, place);
            case Target::Kind::List:
                if (has_base_ || !known_.lists.empty())
                    check_exact("list", target, known_.lists, "cenote lists", place);
                return;
            case Target::Kind::Domain:
                if (!target.domain || target.domain->labels() == 0)
                    out_.error(place, "domain:. is every name there is; name what is meant");
                return;
            case Target::Kind::Address:
                if (!Prefix::parse(target.value))
                    out_.error(place,
                               fmt::format("'{}' is not an address prefix; write it as in 192.0.2.0/24", target.value));
                return;
            case Target::Kind::AllServices: return;
        }
    }

    void check_service(const Target& target, const SourcePlace& place) {
        if (!has_base_ || std::ranges::find(known_.services, target.value) != known_.services.end()) return;
        std::string advice = meant_by_service(target.value, known_);
        if (advice.empty()) advice = "cenote services shows what there is";
        out_.error(place, fmt::format("unknown service '{}'; {}", target.value, advice));
    }

    void check_word(std::string_view kind, const Target& target, const Words& words, const SourcePlace& place) {
        if (!has_base_) return;  // without a set the known words are unknown
        const bool folded = target.kind == Target::Kind::Vendor || target.kind == Target::Kind::Jurisdiction;
        if (!folded) return check_exact(kind, target, words, "cenote services", place);
        if (contains(words, target.value)) return;
        constexpr std::size_t kCodeLetters = 2;
        if (target.kind == Target::Kind::Jurisdiction && target.value.size() != kCodeLetters)
            out_.error(place, fmt::format("unknown jurisdiction '{}'; write the code of two letters, as in CN or US",
                                          target.value));
        else
            out_.error(place, unknown(kind, target.value, words, "cenote services"));
    }

    void check_exact(std::string_view kind, const Target& target, const Words& words, std::string_view where,
                     const SourcePlace& place) {
        if (std::find(words.begin(), words.end(), target.value) == words.end())
            out_.error(place, unknown(kind, target.value, words, where));
    }

    void check_allow(const Allow& allow, std::set<std::string_view>& ids) {
        if (!allow.id.empty()) check_id("allow", allow.id, allow.place, ids);
        check_groups(allow.groups, key_place(allow.groups_place, allow.place));
        if (allow.domains.empty()) out_.error(allow.place, "an allow without domains opens nothing; name some");
        for (const wire::Name& name : allow.domains) {
            if (name.labels() == 0)
                out_.error(allow.place, "an allow of every name would end all policy; name what is meant");
        }
    }

    const Options& options_;
    bool has_base_;
    Known known_;
    Diagnostics& out_;
};

}  // namespace

void validate_policy(const Options& options, const DomainSet* base, Diagnostics& diagnostics) {
    Validator(options, base, diagnostics).run();
}

}  // namespace cenote::policy
