// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/hit_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "resolver/wire/name.h"

namespace cenote::sinks {
namespace {

constexpr milliseconds kRound{100};
constexpr std::int64_t kEpisodeSeconds = 600;

std::string name_text(ByteView wire) {
    wire::Name name;
    std::size_t end = 0;
    return name.read_uncompressed(wire, end) ? name.to_string() : std::string();
}

WallMicros micros_now() { return std::chrono::floor<microseconds>(std::chrono::system_clock::now()); }

}  // namespace

std::string_view role_to_text(telemetry::RoleNumber role) noexcept {
    static constexpr std::array<std::string_view, 8> kTexts{"",    "web", "app",   "api",
                                                            "sdk", "cdn", "login", "telemetry"};
    return role < kTexts.size() ? kTexts[role] : std::string_view();
}

HitReader::HitReader(telemetry::Hub& hub, const telemetry::Keys& keys) : hub_(hub), keys_(keys) {
    thread_ = std::thread([this] { run(); });
}

HitReader::~HitReader() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void HitReader::set_sinks(std::vector<std::shared_ptr<HitSink>> sinks, std::uint64_t seed) {
    const MutexLock lock(mutex_);
    round();
    sinks_ = std::move(sinks);
    const bool all = std::ranges::any_of(sinks_, [](const auto& sink) { return sink->scope() == Scope::All; });
    hub_.want_hits(!sinks_.empty(), seed, all);
    const auto is_wanted = [](const auto& sink) { return sink->upstream_scope().has_value(); };
    const auto is_all = [](const auto& sink) { return sink->upstream_scope() == Scope::All; };
    hub_.want_upstream(std::ranges::any_of(sinks_, is_wanted), std::ranges::any_of(sinks_, is_all));
}

void HitReader::set_client_name(NameClient name) {
    const MutexLock lock(mutex_);
    round();  // a client that was recorded under the level before is named by it
    client_name_ = std::move(name);
}

void HitReader::set_policy_version(std::uint32_t version) noexcept {
    policy_version_.store(version, std::memory_order_relaxed);
}

void HitReader::set_lists(std::set<std::string> ids) {
    const MutexLock lock(mutex_);
    round();
    lists_ = std::move(ids);
}

void HitReader::flush() {
    const MutexLock lock(mutex_);
    round();
}

void HitReader::run() {
    const MutexLock lock(mutex_);
    while (!stopping_) {
        round();
        wake_.wait_for(mutex_, kRound);
    }
    round();
    sinks_.clear();
    hub_.want_hits(false, 0);
    hub_.want_upstream(false, false);
}

void HitReader::round() {
    const WallMicros now = micros_now();
    const Ticks ticks = ticks_now();
    const WallTime wall = std::chrono::floor<seconds>(now);
    hub_.set_episode(static_cast<std::uint64_t>(wall.time_since_epoch().count() / kEpisodeSeconds));
    hub_.take_hits([&](const telemetry::Hit& hit) CENOTE_REQUIRES(mutex_) {
        const HitRecord record = record_of(hit, now, ticks);
        for (const auto& sink : sinks_)
            if (hit.directive_key != telemetry::kKeyNone || sink->scope() == Scope::All) sink->take(record);
    });
    hub_.take_upstream([&](const telemetry::UpstreamQuery& query) CENOTE_REQUIRES(mutex_) {
        const UpstreamRecord record = record_of(query, now, ticks);
        for (const auto& sink : sinks_)
            if (const auto scope = sink->upstream_scope();
                scope == Scope::All || (scope && query.directive_key != telemetry::kKeyNone))
                sink->take_upstream(record);
    });
    for (const auto& sink : sinks_) sink->end_round(wall);
}

UpstreamRecord HitReader::record_of(const telemetry::UpstreamQuery& query, const WallMicros& now, Ticks ticks) const {
    const auto wall = [&](Ticks at) { return now - std::chrono::duration_cast<microseconds>(ticks - at); };
    UpstreamRecord record{.asked = wall(query.asked), .answered = std::nullopt, .query = query, .directive = {}};
    if (query.answered != Ticks()) record.answered = wall(query.answered);
    record.directive = keys_.name(telemetry::KeyKind::Directive, query.directive_key);
    return record;
}

HitRecord HitReader::record_of(const telemetry::Hit& hit, const WallMicros& now, Ticks ticks) const {
    using telemetry::KeyKind;
    HitRecord record;
    record.at = now - std::chrono::duration_cast<microseconds>(ticks - hit.at);
    record.hit = hit;
    record.name = name_text(hit.name());
    record.service = keys_.name(KeyKind::Service, hit.service_key);
    record.of_list = lists_.contains(record.service);
    record.directive = keys_.name(KeyKind::Directive, hit.directive_key);
    record.group = keys_.name(KeyKind::Group, hit.group_key);
    record.exception = keys_.name(KeyKind::Exception, hit.exception_key);
    if (hit.directive_key != telemetry::kKeyNone && hit.identity != telemetry::IdentityLevel::None && client_name_)
        record.client = client_name_(hit.client, hit.identity, std::chrono::floor<seconds>(record.at));
    // A pattern may stand for one person alone, so that a pseudonym beside it would be none.
    if (hit.identity == telemetry::IdentityLevel::Address && !record.client.empty())
        record.identity = keys_.name(KeyKind::Identity, hit.identity_key);
    record.hit.client = IpAddress();  // the name is all that a sink may keep
    record.policy_version = policy_version_.load(std::memory_order_relaxed);
    return record;
}

}  // namespace cenote::sinks
