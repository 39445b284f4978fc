// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/resolve.h"

#include <algorithm>

#include "resolver/base/letter_case.h"

namespace cenote::policy {
namespace {

using domainset::Source;
using domainset::SourceKind;

bool contains(const std::vector<std::string>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

Reach when(bool condition, Reach reach) { return condition ? reach : Reach::No; }

}  // namespace

Reach reach_of(const Target& target, const Source& source) {
    const bool service = source.kind == SourceKind::Service;
    const std::string& value = target.value;
    switch (target.kind) {
        case Target::Kind::Service:
            return when(service && (source.id == value || contains(source.aliases, value)), Reach::Named);
        case Target::Kind::Category: return when(service && contains(source.categories, value), Reach::Wildcard);
        case Target::Kind::Vendor: return when(service && equal_folded(source.vendor, value), Reach::Wildcard);
        case Target::Kind::Jurisdiction:
            return when(service && equal_folded(source.jurisdiction, value), Reach::Wildcard);
        case Target::Kind::AllServices: return when(service, Reach::Wildcard);
        case Target::Kind::List: return when(source.kind == SourceKind::List && source.id == value, Reach::Named);
        case Target::Kind::Domain:
        case Target::Kind::Address: break;
    }
    return Reach::No;
}

const Target* target_that_takes(const Directive& directive, const Source& source) {
    for (const Target& target : directive.targets) {
        const Reach reach = reach_of(target, source);
        if (reach == Reach::Named) return &target;
        if (reach == Reach::Wildcard && (source.by_default || directive.strict)) return &target;
    }
    return nullptr;
}

bool takes_tag(const Directive& directive, const Source& source, const domainset::Tag& tag) {
    if (tag.strict && !directive.strict) return false;
    return source.kind != SourceKind::Service || directive.roles.empty() ||
           contains(directive.roles, domainset::role_to_text(tag.role));
}

Coverage cover(const Directive& directive, const domainset::DomainSet& base) {
    const auto& sources = base.sources();
    const auto& tags = base.tags();
    std::vector<bool> taken;
    taken.reserve(sources.size());
    for (const Source& source : sources) taken.push_back(target_that_takes(directive, source) != nullptr);

    Coverage coverage;
    coverage.leaves_open.assign(sources.size(), false);
    for (std::uint32_t i = 0; i < tags.size(); ++i) {
        const std::uint32_t source = tags[i].source;
        if (!taken[source]) continue;
        if (takes_tag(directive, sources[source], tags[i]))
            coverage.tags.push_back(i);
        else
            coverage.leaves_open[source] = true;
    }
    return coverage;
}

}  // namespace cenote::policy
