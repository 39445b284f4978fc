// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/loaded.h"

#include <fmt/format.h>

#include "blocklists/list_store.h"
#include "resolver/base/log.h"
#include "resolver/daemon/version.h"

namespace cenote::daemon {
namespace {

constexpr std::size_t kShownDigits = 16;  // of a digest, where people compare it

std::string all_errors(const Diagnostics& diagnostics) {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        if (diagnostic.severity != Diagnostic::Severity::Error) continue;
        if (!text.empty()) text += '\n';
        text += diagnostic.to_string();
    }
    return text;
}

PrefixTable who_may_ask(const std::vector<Prefix>& allow_from) {
    std::vector<std::pair<Prefix, PrefixTable::Value>> entries;
    for (const Prefix& prefix : allow_from) entries.emplace_back(prefix, 1);
    return PrefixTable(entries, 0);
}

/// Clients, the secondaries of what we serve and the primaries of what we keep.
PrefixTable who_may_ask_about_zones(std::vector<Prefix> peers, const transfer::Options& transfer) {
    constexpr std::uint8_t kWhole = 128;
    for (const auto& zone : transfer.served)
        for (const SocketAddress& secondary : zone.notify) peers.emplace_back(secondary.ip, kWhole);
    for (const auto& zone : transfer.kept) peers.emplace_back(zone.primary.ip, kWhole);
    return who_may_ask(peers);
}

}  // namespace

Result<Loaded> load(const Path& config, SetCheck check) {
    Loaded loaded;
    auto settings = config::load(config, loaded.diagnostics);
    if (!settings) return Error{all_errors(loaded.diagnostics)};
    loaded.settings = std::move(*settings);
    loaded.written = loaded.settings.policy;
    open_set(loaded, check);
    policy::Policy::check(*loaded.settings.policy, loaded.base.get(), loaded.diagnostics);
    if (loaded.diagnostics.has_errors()) return Error{all_errors(loaded.diagnostics)};
    return loaded;
}

Status add_made(Loaded& loaded, config::Made made, const std::function<bool(const std::string&)>& may_be_left_out) {
    std::set<std::string> left_out;
    std::string why = made.unreadable;
    config::Settings of_files = loaded.settings;
    of_files.policy = loaded.written;
    const auto is_left_out = [&](const config::Document& document) { return left_out.contains(document.name); };
    for (;;) {
        Diagnostics found;
        auto both = config::with_documents(of_files, made, found);
        if (both != nullptr) policy::Policy::check(*both, loaded.base.get(), found);
        if (!found.has_errors()) {
            loaded.settings.policy = std::move(both);
            loaded.left_out = std::move(left_out);
            loaded.why_left_out = std::move(why);
            return Done{};
        }
        for (const Diagnostic& diagnostic : found.all()) {
            const std::string& name = diagnostic.place.file;
            if (diagnostic.severity != Diagnostic::Severity::Error || !may_be_left_out(name)) continue;
            left_out.insert(name);
            why += diagnostic.to_string() + "\n";
        }
        if (std::erase_if(made.documents, is_left_out) == 0) return Error{all_errors(found)};
    }
}

void open_set(Loaded& loaded, SetCheck check, const domainset::DomainSet* known) {
    if (loaded.settings.set.empty()) return;  // the configuration wants none
    const Path& set = loaded.settings.set;
    auto opened =
        check == SetCheck::Now ? domainset::open_with_fallback(set, known) : domainset::open_unread_with_fallback(set);
    if (!opened) {
        loaded.base = nullptr;
        loaded.set_problem = opened.error().text;
        return;
    }
    loaded.base = std::make_shared<const domainset::DomainSet>(std::move(opened->set));
    loaded.set_problem = opened->problem;
}

void log_findings(const Loaded& loaded) {
    for (const Diagnostic& diagnostic : loaded.diagnostics.all())
        if (diagnostic.severity == Diagnostic::Severity::Warning) log::warning("{}", diagnostic.to_string());
    if (loaded.base == nullptr && !loaded.set_problem.empty())
        log::error("{}; {}", loaded.set_problem,
                   loaded.settings.without_set == engine::WithoutSet::Forward
                       ? "without_set = \"forward\": nothing is restricted"
                       : "without_set = \"servfail\": every query gets SERVFAIL until 'cenote update' has made a set");
    else if (!loaded.set_problem.empty())
        log::error("{}", loaded.set_problem);
}

std::string set_text(const Loaded& loaded) {
    const config::SetDigests digests = config::digests_of(loaded.base.get());
    return fmt::format("set {} catalogue {}", digests.set, digests.catalogue);
}

std::string policy_text(std::uint32_t version, const std::string& digest, const std::string& audit_head) {
    const auto shown = [](const std::string& hex) { return hex.substr(0, kShownDigits); };
    const std::string text = fmt::format("version {} digest {}", version, shown(digest));
    return audit_head.empty() ? text : fmt::format("{} audit {}", text, shown(audit_head));
}

std::string policy_mark(const state::PolicyVersion& stored) {
    return fmt::format("version {} digest {}", stored.version, stored.digest);
}

Result<std::shared_ptr<const policy::Policy>> build_policy(const Loaded& loaded, std::uint32_t version, WallTime at) {
    return policy::Policy::build(loaded.settings.policy, loaded.base, version, at);
}

std::shared_ptr<engine::Snapshot> make_snapshot(const Loaded& loaded, std::shared_ptr<const policy::Policy> policy,
                                                telemetry::Keys& keys, WallTime wall, Ticks now) {
    using telemetry::KeyKind;
    const config::Settings& settings = loaded.settings;
    auto snapshot = std::make_shared<engine::Snapshot>();
    snapshot->without_set = settings.without_set;
    snapshot->set_missing = loaded.base == nullptr && !settings.set.empty();
    snapshot->local = config::local_names(settings);
    snapshot->allow_from = who_may_ask(settings.allow_from);
    snapshot->node = settings.node;
    snapshot->nsid = fmt::format("{} policy {}", settings.node, policy->version());
    snapshot->version_text = fmt::format("cenote {}", kVersion);
    if (const auto edge = policy->next_edge()) snapshot->next_edge = now + (*edge - wall);
    if (loaded.base != nullptr)
        for (const domainset::Source& source : loaded.base->sources()) {
            snapshot->service_keys.push_back(keys.intern(KeyKind::Service, source.id));
            snapshot->bypass.push_back(policy::is_bypass(source));
        }
    for (const policy::Directive& directive : settings.policy->directives)
        snapshot->directive_keys.push_back(keys.intern(KeyKind::Directive, directive.id));
    for (const policy::Exception& exception : settings.policy->exceptions)
        snapshot->exception_keys.push_back(keys.intern(KeyKind::Exception, exception.id));
    for (policy::ClientClass i = 0; i < policy->class_count(); ++i)
        snapshot->group_keys.push_back(keys.intern(KeyKind::Group, policy->group_of(i)));
    for (const auto& zone : settings.transfer.served) snapshot->zones.push_back(zone.zone);
    for (const auto& zone : settings.transfer.kept) snapshot->zones.push_back(zone.zone);
    snapshot->zone_peers = who_may_ask_about_zones(settings.allow_from, settings.transfer);
    snapshot->upstream = settings.upstream;
    snapshot->cache = settings.cache;
    snapshot->policy = std::move(policy);
    return snapshot;
}

}  // namespace cenote::daemon
