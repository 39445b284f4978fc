// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/overlay.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/hash.h"
#include "resolver/domainset/writer.h"

namespace cenote::policy {
namespace {

using domainset::AddressRule;
using domainset::AddressUse;
using domainset::MatchKind;

constexpr std::uint64_t kSeed =
    0x63656e6f7465;  // without a base set; fixed, because equal policies must give equal sets

/// The set under construction, and the owner of each of its sources.
class Names {
public:
    explicit Names(std::uint64_t seed) : writer_(std::chrono::sys_seconds{}, seed) {}

    std::uint32_t add_owner(const Owner& owner) {
        domainset::Source source;
        source.kind = domainset::SourceKind::Names;
        source.id = fmt::format("{}{}", "daot"[static_cast<std::size_t>(owner.kind)], owner.index);
        owners_.push_back(owner);
        return writer_.add_source(std::move(source));
    }
    void add_name(const wire::Name& name, std::uint32_t source, MatchKind kind) {
        writer_.add(name, {.source = source, .role = domainset::Role::Web, .strict = false}, kind);
    }
    /// Adds the parents of a name that stays open.
    void add_parents(const wire::Name& name, std::uint32_t source) {
        for (int labels = name.labels() - 1; labels > 0; --labels) {
            wire::Name parent;
            std::size_t end = 0;
            CENOTE_CHECK(parent.read_uncompressed(name.suffix(static_cast<std::uint8_t>(labels)), end));
            add_name(parent, source, MatchKind::Exact);
        }
    }

    Status finish(Overlay& overlay) {
        if (owners_.empty()) return Done{};
        auto bytes = writer_.finish();
        if (!bytes) return std::move(bytes).error();
        overlay.digest = hash64(*bytes, kSeed);
        auto set = domainset::DomainSet::from_bytes(std::move(*bytes));
        if (!set) return std::move(set).error();
        for (domainset::SourceSetId id = 0; id < set->source_set_count(); ++id) {
            auto& owners = overlay.columns.emplace_back();
            for (const std::uint32_t tag : set->source_set(id)) owners.push_back(owners_[set->tags()[tag].source]);
        }
        overlay.names.emplace(std::move(*set));
        return Done{};
    }

private:
    domainset::DomainSetWriter writer_;
    std::vector<Owner> owners_;  // by source
};

void add_allow(const Allow& allow, std::uint32_t index, Names& names) {
    if (allow.domains.empty()) return;
    const std::uint32_t open = names.add_owner({Owner::Kind::Allow, index});
    const std::uint32_t above = names.add_owner({Owner::Kind::OpenBelow, index});
    for (const wire::Name& name : allow.domains) {
        names.add_name(name, open, MatchKind::Suffix);
        names.add_parents(name, above);
    }
}

bool answers_nxdomain(const Options& options) {
    const auto is_nxdomain = [](const auto& each) { return each.answer == AnswerMode::Nxdomain; };
    return options.sinkhole.answer == AnswerMode::Nxdomain ||
           std::any_of(options.groups.begin(), options.groups.end(), is_nxdomain) ||
           std::any_of(options.directives.begin(), options.directives.end(), is_nxdomain);
}

/// An entry with an empty source set is an exception of a list from what holds above it.
void add_exceptions(const domainset::DomainSet& base, Names& names) {
    std::optional<std::uint32_t> source;
    base.for_each([&](const domainset::Entry& entry) {
        if (entry.own != 0) return;
        if (!source) source = names.add_owner({Owner::Kind::OpenBelow, Owner::kNoAllow});
        names.add_parents(entry.name, *source);
    });
}

/// Address rules and their owners: first the directives, then two owners for each tag of the base set, for the prefixes
/// that a list sinkholes and for those that it leaves open. Of these two the longer prefix wins.
class Addresses {
public:
    Addresses(std::size_t directives, const domainset::DomainSet* base)
        : directives_(static_cast<std::uint32_t>(directives)),
          families_(directives + (base != nullptr ? 2 * base->tags().size() : 0), OwnerSet::kNone) {
        if (base == nullptr) return;
        for (std::uint32_t tag = 0; tag < base->tags().size(); ++tag)
            for (const std::uint32_t owner : {closing(tag), opening(tag)}) families_[owner] = base->tags()[tag].source;
    }
    void add_prefix(const Prefix& prefix, std::uint32_t directive) { prefixes_.push_back({prefix, directive}); }

    /// Adds the rules of lists in the base set.
    void add_lists_of(const domainset::DomainSet& base) {
        for (const AddressRule& rule : base.addresses(AddressUse::Response))
            prefixes_.push_back({rule.prefix, rule.sinkholes ? closing(rule.tag) : opening(rule.tag)});
    }

    /// Each set of prefixes that an address can be in becomes a column after those of the names.
    void finish(Overlay& overlay) && {
        std::string text;
        for (const OwnedPrefix& each : prefixes_) text += fmt::format("{} {}\n", each.prefix.to_string(), each.owner);
        if (!text.empty()) overlay.digest ^= hash64(bytes_of(text), kSeed);
        overlay.addresses = nest(std::move(prefixes_), {.never_nearest = OwnerSet::kNone, .families = families_});
        overlay.name_columns = static_cast<std::uint32_t>(overlay.columns.size());
        for (std::size_t set = 1; set < overlay.addresses.sets.size(); ++set) {
            auto& owners = overlay.columns.emplace_back();
            for (const std::uint32_t owner : overlay.addresses.sets[set].owners) {
                if (owner < directives_)
                    owners.push_back({Owner::Kind::Directive, owner});
                else if ((owner - directives_) % 2 == 0)
                    owners.push_back({Owner::Kind::Tag, (owner - directives_) / 2});
            }
        }
    }

private:
    [[nodiscard]] std::uint32_t closing(std::uint32_t tag) const noexcept { return directives_ + 2 * tag; }
    [[nodiscard]] std::uint32_t opening(std::uint32_t tag) const noexcept { return directives_ + 2 * tag + 1; }

    std::uint32_t directives_;
    std::vector<std::uint32_t> families_;  // by owner: its source
    std::vector<OwnedPrefix> prefixes_;
};

/// The client rules of lists in the base set.
std::vector<ClientTrigger> client_triggers_of(const domainset::DomainSet& base) {
    std::vector<ClientTrigger> triggers;
    for (const AddressRule& rule : base.addresses(AddressUse::Client))
        triggers.push_back({rule.prefix, base.tags()[rule.tag].source, rule.tag, rule.sinkholes});
    return triggers;
}

void add_directive(const Directive& directive, std::uint32_t index, Names& names, Addresses& addresses) {
    std::optional<std::uint32_t> source;
    for (const Target& target : directive.targets) {
        if (target.kind == Target::Kind::Address) {
            if (const auto prefix = Prefix::parse(target.value)) addresses.add_prefix(*prefix, index);
        } else if (target.kind == Target::Kind::Domain && target.domain) {
            if (!source) source = names.add_owner({Owner::Kind::Directive, index});
            names.add_name(*target.domain, *source, MatchKind::Suffix);
        }
    }
}

}  // namespace

Result<Overlay> Overlay::build(const Options& options, const domainset::DomainSet* base) {
    Names names(base != nullptr ? base->info().seed : kSeed);
    Addresses addresses(options.directives.size(), base);
    for (std::uint32_t i = 0; i < options.directives.size(); ++i)
        add_directive(options.directives[i], i, names, addresses);
    for (std::uint32_t i = 0; i < options.allows.size(); ++i) add_allow(options.allows[i], i, names);
    if (base != nullptr && base->has_exceptions() && answers_nxdomain(options))
        add_exceptions(*base, names);  // a walk over the whole set

    Overlay overlay;
    if (auto finished = names.finish(overlay); !finished) return std::move(finished).error();
    if (base != nullptr) addresses.add_lists_of(*base);
    if (base != nullptr) overlay.clients = client_triggers_of(*base);
    std::move(addresses).finish(overlay);
    return overlay;
}

std::uint32_t Overlay::column_of(const IpAddress& ip) const noexcept {
    const std::uint32_t set = addresses.table.find(ip);
    return set == 0 ? kNoTags : name_columns + set - 1;
}

}  // namespace cenote::policy
