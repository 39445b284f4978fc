// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/enforcement.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/digest.h"
#include "resolver/base/random.h"
#include "resolver/daemon/version.h"
#include "resolver/engine/cell_keys.h"
#include "resolver/rules/policy_document.h"

namespace cenote::daemon {
namespace {

constexpr std::size_t kDigestShown = 16;  // of a digest, where people compare it

/// Grows with every policy put in force, over restarts too, so that it can be the serial of our SOA (RFC 1982).
std::uint32_t next_version(std::uint32_t last, WallTime now) {
    return std::max(last + 1, static_cast<std::uint32_t>(now.time_since_epoch().count()));
}

std::string policy_text(const state::PolicyVersion& version, const std::string& rules, const std::string& audit_head) {
    const auto shown = [](const std::string& hex) { return hex.substr(0, kDigestShown); };
    const std::string text =
        fmt::format("version {} rules {} digest {}", version.version, shown(rules), shown(version.digest));
    return audit_head.empty() ? text : fmt::format("{} audit {}", text, shown(audit_head));
}

PrefixTable prefix_table_of(const std::vector<Prefix>& allowed, PrefixTable::Value value = 1) {
    std::vector<std::pair<Prefix, PrefixTable::Value>> entries;
    entries.reserve(allowed.size());
    for (const Prefix& prefix : allowed) entries.emplace_back(prefix, value);
    return PrefixTable(entries, 0);
}

/// Clients, the secondaries of the zones we serve and the primaries of the zones we transfer in.
PrefixTable zone_peers(std::vector<Prefix> peers, const transfer::Options& transfer) {
    constexpr std::uint8_t kWhole = 128;
    for (const auto& zone : transfer.primary_zones)
        for (const SocketAddress& secondary : zone.notify) peers.emplace_back(secondary.ip, kWhole);
    for (const auto& zone : transfer.secondary_zones) peers.emplace_back(zone.primary.ip, kWhole);
    return prefix_table_of(peers);
}

/// The role in the first service of a source set, as a telemetry::RoleNumber.
telemetry::RoleNumber role_of(const domainset::DomainSet& set, domainset::SourceSetId id) {
    for (const std::uint32_t index : set.source_set(id)) {
        const domainset::Tag& tag = set.tags()[index];
        if (set.sources()[tag.source].kind == domainset::SourceKind::Service)
            return static_cast<telemetry::RoleNumber>(static_cast<std::uint8_t>(tag.role) + 1);
    }
    return 0;
}

/// What queries are counted under, in a policy over its set.
void set_keys(const Loaded& loaded, const policy::Policy& policy, telemetry::Keys& keys, engine::Snapshot& snapshot) {
    snapshot.cell_keys = engine::cell_keys_of(policy, loaded.settings.privacy.identity, keys);
    if (loaded.base != nullptr)
        for (domainset::SourceSetId id = 0; id < loaded.base->source_set_count(); ++id)
            snapshot.roles.push_back(role_of(*loaded.base, id));
    const auto group_key = [&](policy::ClientClass of) {
        return keys.intern(telemetry::KeyKind::Group, policy.group_of(of));
    };
    for (policy::ClientClass i = 0; i < policy.address_class_count(); ++i) snapshot.group_keys.push_back(group_key(i));
    for (policy::ClientClass i = policy.address_class_count(); i < policy.class_count(); ++i)
        snapshot.identified.push_back({group_key(i), keys.intern(telemetry::KeyKind::Identity, policy.identity_of(i))});
}

void set_discovery(const config::Settings& settings, const engine::Listeners& listeners, engine::Snapshot& snapshot) {
    snapshot.discovery = config::discovery_of(settings, listeners);
    snapshot.local = config::local_names(settings, snapshot.discovery);
}

/// The snapshot of a prepared policy, but for its policy_text and set_discovery().
std::shared_ptr<engine::Snapshot> make_snapshot(const PreparedPolicy& prepared, const wire::CookieSecret& cookie_secret,
                                                telemetry::Keys& keys) {
    const config::Settings& settings = prepared.loaded.settings;
    auto snapshot = std::make_shared<engine::Snapshot>();
    if (settings.cookies) snapshot->cookies = settings.cookie_secrets;
    if (settings.cookies && settings.cookie_secrets.empty()) snapshot->cookies = {cookie_secret};
    snapshot->cookies_required = settings.require_cookies;
    snapshot->without_set = settings.without_set;
    snapshot->set_missing = prepared.loaded.base == nullptr && !settings.set.empty();
    using engine::Access;
    snapshot->allow_from = prefix_table_of(settings.allow_from, settings.rate == 0 ? Access::kFree : Access::kLimited);
    snapshot->node = settings.node;
    snapshot->nsid = fmt::format("{} policy {}", settings.node, prepared.version.version);
    snapshot->version_text = fmt::format("cenote {}", kVersion);
    if (const auto edge = prepared.policy->next_edge())
        snapshot->next_edge = prepared.moment.ticks + (*edge - prepared.moment.wall);
    set_keys(prepared.loaded, *prepared.policy, keys, *snapshot);
    for (const auto& zone : settings.transfer.primary_zones) snapshot->zones.push_back(zone.zone);
    for (const auto& zone : settings.transfer.secondary_zones) snapshot->zones.push_back(zone.zone);
    snapshot->zone_peers = zone_peers(settings.allow_from, settings.transfer);
    snapshot->upstream = settings.upstream;
    snapshot->cache = settings.cache;
    snapshot->policy = prepared.policy;
    return snapshot;
}

wire::CookieSecret random_secret() {
    wire::CookieSecret secret{};
    RandomSource random;
    for (std::uint8_t& byte : secret) byte = static_cast<std::uint8_t>(random.u16());
    return secret;
}

}  // namespace

Enforcement::Enforcement(std::uint32_t last_version)
    : last_version_(last_version),
      cookie_secret_(random_secret()),
      snapshots_(std::make_shared<const engine::Snapshot>()) {}

Result<std::unique_ptr<Enforcement>> Enforcement::start(Loaded loaded, std::uint32_t last_version,
                                                        const ClockReading& moment, const std::string& audit_head) {
    std::unique_ptr<Enforcement> enforcement(new Enforcement(last_version));
    auto first = enforcement->prepare(std::move(loaded), moment);
    if (!first) return std::move(first).error();
    enforcement->enact(std::move(*first), audit_head);
    return enforcement;
}

Result<PreparedPolicy> Enforcement::prepare(Loaded loaded, const ClockReading& moment) const {
    const std::uint32_t version = next_version(last_version_, moment.latest);
    std::shared_ptr<const policy::Options> options = loaded.settings.policy;
    if (moment.latest > moment.wall)
        options = std::make_shared<const policy::Options>(adjust_to_latest(*options, moment.wall, moment.latest));
    auto policy = policy_ == nullptr ? policy::Policy::build(options, loaded.base, version, moment.wall)
                                     : policy::Policy::rebuild(*policy_, options, loaded.base, version, moment.wall);
    if (!policy) return std::move(policy).error();
    std::string text = rules::policy_document(*options, loaded.base.get());
    std::string digest = to_hex(sha256(bytes_of(text)));
    std::string rules = rules::rules_digest(*options, loaded.base.get());
    return PreparedPolicy{std::move(loaded),
                          std::move(*policy),
                          moment,
                          {version, moment.latest, std::move(digest), std::move(text)},
                          std::move(rules)};
}

bool Enforcement::is_of(const ClockReading& moment) const noexcept {
    // The end of TTLs (Snapshot::next_edge) may be so far off. Both clocks are compared in whole seconds.
    constexpr seconds kStepMax{1};
    const auto set_by = (moment.wall - built_at_.wall) - std::chrono::floor<seconds>(moment.ticks - built_at_.ticks);
    const auto edge = policy_->next_edge();
    return std::chrono::abs(set_by) <= kStepMax && moment.wall >= built_at_.wall && (!edge || moment.wall < *edge);
}

void Enforcement::enact(PreparedPolicy prepared, const std::string& audit_head) {
    auto snapshot = make_snapshot(prepared, cookie_secret_, keys_);
    set_discovery(prepared.loaded.settings, listeners_, *snapshot);
    set_rate(prepared.loaded.settings);
    snapshot->rate = rate_;
    snapshot->policy_text = policy_text(prepared.version, prepared.rules_digest, audit_head);
    loaded_ = std::move(prepared.loaded);
    policy_ = std::move(prepared.policy);
    built_at_ = prepared.moment;
    version_ = std::move(prepared.version);
    rules_digest_ = std::move(prepared.rules_digest);
    last_version_ = version_.version;
    snapshots_.publish(std::move(snapshot));
}

/// What clients have used of their rate stays used when the policy changes.
void Enforcement::set_rate(const config::Settings& settings) {
    if (settings.rate == 0)
        rate_.reset();
    else if (rate_ == nullptr)
        rate_ = std::make_shared<engine::RateTable>(settings.server.client, settings.rate);
    else
        rate_->set_rate(settings.rate);
}

void Enforcement::publish_audit_head(const std::string& audit_head) {
    auto snapshot = std::make_shared<engine::Snapshot>(*snapshots_.current());
    snapshot->policy_text = policy_text(version_, rules_digest_, audit_head);
    snapshots_.publish(std::move(snapshot));
}

bool Enforcement::publish_listeners(engine::Listeners listeners) {
    if (listeners == listeners_) return false;
    listeners_ = std::move(listeners);
    auto snapshot = std::make_shared<engine::Snapshot>(*snapshots_.current());
    set_discovery(loaded_.settings, listeners_, *snapshot);
    snapshots_.publish(std::move(snapshot));
    return true;
}

void Enforcement::raise_last_version(std::uint32_t version) noexcept {
    last_version_ = std::max(last_version_, version);
}

std::string policy_mark(const state::PolicyVersion& version) {
    return fmt::format("version {} digest {}", version.version, version.digest);
}

Result<std::shared_ptr<const policy::Policy>> build_policy(const Loaded& loaded, std::uint32_t version, WallTime at) {
    return policy::Policy::build(loaded.settings.policy, loaded.base, version, at);
}

}  // namespace cenote::daemon
