// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/standing.h"

#include <algorithm>
#include <array>
#include <utility>

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

constexpr std::array kStandingPhrases{
    Phrase{"standing.shared_infrastructure", "{name}: shared infrastructure, never sinkholed",
           "{name}: 여러 서비스가 쓰는 기반 시설이므로 싱크홀 응답을 하지 않습니다"},
    Phrase{"standing.shared_infrastructure_of_use", "{name}: shared infrastructure ({use}), never sinkholed",
           "{name}: 여러 서비스가 쓰는 기반 시설({use})이므로 싱크홀 응답을 하지 않습니다"},
    Phrase{"standing.shared_by_one", "{name}: used by {service} and by others, never sinkholed",
           "{name}: {service} 외에 다른 곳도 쓰므로 싱크홀 응답을 하지 않습니다"},
    Phrase{"standing.shared_by_one_of_use", "{name}: {use}, used by {service} and by others, never sinkholed",
           "{name}: {use}, {service} 외에 다른 곳도 쓰므로 싱크홀 응답을 하지 않습니다"},
    Phrase{"standing.shared_by_services", "{name}: shared by {count} services, never sinkholed",
           "{name}: 서비스 {count}개가 함께 쓰므로 싱크홀 응답을 하지 않습니다"},
    Phrase{"standing.shared_by_services_of_use", "{name}: {use}, shared by {count} services, never sinkholed",
           "{name}: {use}, 서비스 {count}개가 함께 쓰므로 싱크홀 응답을 하지 않습니다"},
    Phrase{"standing.below_infrastructure", "in no service and no list; below {name}: shared infrastructure",
           "어떤 서비스나 목록에도 없습니다. {name} 아래의 이름: 여러 서비스가 쓰는 기반 시설"},
    Phrase{"standing.below_infrastructure_of_use",
           "in no service and no list; below {name}: shared infrastructure ({use})",
           "어떤 서비스나 목록에도 없습니다. {name} 아래의 이름: 여러 서비스가 쓰는 기반 시설({use})"},
    Phrase{"standing.below_by_one", "in no service and no list; below {name}: used by {service} and by others",
           "어떤 서비스나 목록에도 없습니다. {name} 아래의 이름: {service} 외에 다른 곳도 씀"},
    Phrase{"standing.below_by_one_of_use",
           "in no service and no list; below {name}: {use}, used by {service} and by others",
           "어떤 서비스나 목록에도 없습니다. {name} 아래의 이름: {use}, {service} 외에 다른 곳도 씀"},
    Phrase{"standing.below_by_services", "in no service and no list; below {name}: shared by {count} services",
           "어떤 서비스나 목록에도 없습니다. {name} 아래의 이름: 서비스 {count}개가 함께 씀"},
    Phrase{"standing.below_by_services_of_use",
           "in no service and no list; below {name}: {use}, shared by {count} services",
           "어떤 서비스나 목록에도 없습니다. {name} 아래의 이름: {use}, 서비스 {count}개가 함께 씀"},
    Phrase{"standing.strict", "strict, a directive takes it with strict = true",
           "엄격 항목이므로 지시에 strict = true가 있어야 적용합니다"},
    Phrase{"standing.off-by-default", "off by default, a directive takes it by service:{service} or with strict = true",
           "기본으로 꺼진 서비스이므로 지시에 service:{service} 또는 strict = true가 있어야 적용합니다"},
    Phrase{"standing.protected", "{name}: protected, local or routed, never sinkholed",
           "{name}: 보호된 이름, 로컬 이름 또는 경로가 정해진 이름이므로 싱크홀 응답을 하지 않습니다"},
};

/// The services that share the name are part of the kind.
std::string sentence_kind(const Standing& standing) {
    if (standing.kind != StandingKind::Shared && standing.kind != StandingKind::BelowShared)
        return std::string(kind_to_text(standing.kind));
    std::string kind = standing.kind == StandingKind::Shared ? "shared" : "below";
    const auto count = standing.services.size();
    kind += count == 0 ? "_infrastructure" : count == 1 ? "_by_one" : "_by_services";
    return standing.use.empty() ? kind : kind + "_of_use";
}

}  // namespace

std::span<const Phrase> standing_phrases() noexcept { return kStandingPhrases; }

Sentence sentence_of(const Standing& standing) {
    SentenceValues values{{"name", standing.name}, {"count", std::to_string(standing.services.size())}};
    if (!standing.services.empty()) values.emplace_back("service", standing.services.front());
    if (!standing.use.empty()) values.emplace_back("use", standing.use);
    return {sentence_kind(standing), std::move(values)};
}

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
            {field::kText, sentence_of(*standing).text(kStandingPhrases, "standing")}};
}

}  // namespace cenote::report
