// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/standing.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/report/fields.h"

namespace cenote::report {
namespace {

using domainset::DomainSet;
using domainset::Source;
using domainset::SourceKind;

/// Collects the deepest shared name at or above a name, and the services that share it.
class SharedSearch {
public:
    explicit SharedSearch(const wire::Name& name) : name_(name) {}

    void add(const wire::Name& shared, const std::string& service, const std::string& use) {
        if (!name_.is_below_or_equal(shared) || shared.labels() < labels_) return;
        if (shared.labels() > labels_) {
            labels_ = shared.labels();
            found_ = Standing{.kind = shared == name_ ? StandingKind::Shared : StandingKind::BelowShared,
                              .name = shared.to_string(),
                              .services = {},
                              .use = {}};
        }
        if (!service.empty()) found_->services.push_back(service);
        if (!use.empty()) found_->use = use;
    }
    [[nodiscard]] std::optional<Standing> found() && { return std::move(found_); }

private:
    const wire::Name& name_;
    std::uint8_t labels_ = 0;
    std::optional<Standing> found_;
};

/// Whether the services that have the name would take it without `strict = true` or without being named.
std::optional<Standing> standing_of_entry(const DomainSet& set, const domainset::Hit& hit, const wire::Name& name) {
    Standing standing{.kind = StandingKind::OffByDefault, .name = name.to_string(), .services = {}, .use = {}};
    for (const std::uint32_t index : set.source_set(hit.tags)) {
        const auto& tag = set.tags()[index];
        const Source& source = set.sources()[tag.source];
        if (source.kind != SourceKind::Service || (source.by_default && !tag.strict)) return std::nullopt;
        if (tag.strict) standing.kind = StandingKind::Strict;
        standing.services.push_back(source.id);
    }
    return standing.services.empty() ? std::nullopt : std::optional(std::move(standing));
}

std::string_view kind_to_text(StandingKind kind) {
    switch (kind) {
        case StandingKind::Shared: return "shared";
        case StandingKind::BelowShared: return "below-shared";
        case StandingKind::Strict: return "strict";
        case StandingKind::OffByDefault: return "off-by-default";
        case StandingKind::Protected: return "protected";
    }
    return "shared";
}

/// "sign-in, shared by 14 services", "used by xai and by others", "shared infrastructure (payments)"
std::string shared_text(const Standing& standing) {
    const auto count = standing.services.size();
    if (count == 0)
        return standing.use.empty() ? "shared infrastructure" : fmt::format("shared infrastructure ({})", standing.use);
    const std::string who = count == 1 ? fmt::format("used by {} and by others", standing.services.front())
                                       : fmt::format("shared by {} services", count);
    return standing.use.empty() ? who : fmt::format("{}, {}", standing.use, who);
}

std::string text_of(const Standing& standing) {
    switch (standing.kind) {
        case StandingKind::Shared: return fmt::format("{}: {}, never sinkholed", standing.name, shared_text(standing));
        case StandingKind::BelowShared:
            return fmt::format("in no service and no list; below {}: {}", standing.name, shared_text(standing));
        case StandingKind::Strict: return "strict, a directive takes it with strict = true";
        case StandingKind::OffByDefault:
            return fmt::format("off by default, a directive takes it by service:{} or with strict = true",
                               standing.services.front());
        case StandingKind::Protected:
            return fmt::format("{}: protected, local or routed, never sinkholed", standing.name);
    }
    return {};
}

}  // namespace

std::optional<Standing> find_standing(const DomainSet& set, const wire::Name& name) {
    if (const auto hit = set.match(name)) return standing_of_entry(set, *hit, name);
    SharedSearch search(name);
    for (const Source& source : set.sources())
        for (const std::string& text : source.shared_names)
            if (const auto shared = wire::Name::parse(text)) search.add(*shared, source.id, {});
    return std::move(search).found();
}

std::optional<Standing> find_standing(const blocklists::Catalogue& catalogue, const wire::Name& name) {
    SharedSearch search(name);
    for (const blocklists::Service& service : catalogue.services)
        for (const wire::Name& shared : service.shared) search.add(shared, service.id, {});
    for (const blocklists::SharedName& shared : catalogue.shared)
        if (!shared.use.empty()) search.add(shared.name, {}, shared.use);
    return std::move(search).found();
}

Json standing_json(const std::optional<Standing>& standing) {
    if (!standing) return nullptr;
    return {{field::kKind, kind_to_text(standing->kind)},
            {field::kName, standing->name},
            {field::kServices, standing->services},
            {field::kText, text_of(*standing)}};
}

}  // namespace cenote::report
